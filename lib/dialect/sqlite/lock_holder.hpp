#pragma once
// Who keeps a database file locked. SQLite does not tell; Linux does, in /proc/locks (decision 14).

#include <string>

namespace metaxy::migrate::sqlite {

/// "pid 4517 (python3.11)", or "another connection" where the system does not tell. Never opens the database
/// file: closing it again would drop this process's own locks on it (fcntl(2)).
std::string lock_holder(const std::string& path);

/// The same of who writes, or is about to; empty where nobody does, as far as the system tells.
std::string writer_of(const std::string& path);

/// The same for a text in the form of /proc/locks. `main_inode` is the database file's, `shared_inode` that
/// of its
/// `-shm` file, 0 where there is none; locks of `own_pid` are passed over. 0 when nobody is found.
enum class Holders { all, writers };
int lock_holder_pid(const std::string& proc_locks, unsigned long main_inode, unsigned long shared_inode,
                    int own_pid, Holders holders = Holders::all);

}  // namespace metaxy::migrate::sqlite
