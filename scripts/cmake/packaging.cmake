# cmake --install and the Debian package. Installed are the program, the DuckDB library and the PostgreSQL module that it
# loads, documentation, completions and the licences of what is inside; nothing of it refers to the source or the build tree.

install(TARGETS metaxy-migrate RUNTIME DESTINATION bin)
file(REAL_PATH "${DUCKDB_LIBRARY}" duckdb_library)
install(FILES "${duckdb_library}" DESTINATION lib/metaxy-migrate RENAME libduckdb.so)
install(TARGETS mm_postgresql_module LIBRARY DESTINATION lib/metaxy-migrate)

# The shells look for completions under names and folders of their own.
set(completions "${CMAKE_BINARY_DIR}/completions")
file(MAKE_DIRECTORY "${completions}")
foreach(shell bash zsh fish)
  add_custom_command(OUTPUT "${completions}/${shell}" VERBATIM
    COMMAND metaxy-migrate completions ${shell} > "${completions}/${shell}" DEPENDS metaxy-migrate)
endforeach()
add_custom_target(completions ALL
  DEPENDS "${completions}/bash" "${completions}/zsh" "${completions}/fish")
install(FILES "${completions}/bash" DESTINATION share/bash-completion/completions RENAME metaxy-migrate)
install(FILES "${completions}/zsh" DESTINATION share/zsh/vendor-completions RENAME _metaxy-migrate)
install(FILES "${completions}/fish" DESTINATION share/fish/vendor_completions.d RENAME metaxy-migrate.fish)

set(documentation share/doc/metaxy-migrate)
install(FILES "${PROJECT_SOURCE_DIR}/README.md" DESTINATION ${documentation})
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs" "${PROJECT_SOURCE_DIR}/examples" DESTINATION ${documentation})

# The licences ask to be passed on with the binaries that contain their code.
set(licences "${CMAKE_BINARY_DIR}/copyright")
file(WRITE "${licences}" "metaxy-migrate contains, or is shipped with, the software below; each under the licence that follows its name.\n")
foreach(package libcli11-dev libfmt-dev libpqxx-dev libspdlog-dev libsqlite3-dev libsqlitecpp-dev libssl-dev libtomlplusplus-dev
                nlohmann-json3-dev)
  if(EXISTS "/usr/share/doc/${package}/copyright")
    file(READ "/usr/share/doc/${package}/copyright" text)
    file(APPEND "${licences}" "\n==== ${package}\n\n${text}")
  endif()
endforeach()
cmake_path(GET DUCKDB_INCLUDE_DIR PARENT_PATH duckdb_folder)
foreach(licence "${DUCKDB_INCLUDE_DIR}/LICENSE" "${duckdb_folder}/LICENSE")
  if(EXISTS "${licence}")
    file(READ "${licence}" text)
    file(APPEND "${licences}" "\n==== DuckDB\n\n${text}")
    break()
  endif()
endforeach()
install(FILES "${licences}" DESTINATION ${documentation})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME metaxy-migrate)
set(CPACK_PACKAGE_VENDOR metaxy-migrate)
set(CPACK_PACKAGE_CONTACT "metaxy-migrate maintainers <maintainers@metaxy-migrate.invalid>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# A library of our own folder is not one that other packages link.
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS OFF)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
include(CPack)
