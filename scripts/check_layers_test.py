#!/usr/bin/env python3
"""Tests of check_layers.py: every rule is broken once, and what is allowed stays allowed."""
import unittest

from check_layers import Source, check_file


def rules(path, text):
    return [rule for _, rule in check_file(path, text)]


class Includes(unittest.TestCase):
    def test_lower_layer_is_allowed(self):
        self.assertEqual(rules("lib/diff/diff.cpp", '#include "schema/table.hpp"\n'), [])

    def test_higher_layer_is_refused(self):
        self.assertEqual(rules("lib/diff/diff.cpp", '\n#include "plan/plan.hpp"\n'), ["diff/ may not include plan/"])

    def test_line_is_told(self):
        self.assertEqual(check_file("lib/diff/diff.cpp", '\n#include "plan/plan.hpp"\n')[0][0], 2)

    def test_include_without_folder_is_refused(self):
        self.assertEqual(rules("lib/diff/diff.cpp", '#include "diff.hpp"\n'), ['"diff.hpp" is not written from lib/'])

    def test_the_registry_reaches_every_dialect(self):
        self.assertEqual(rules("lib/dialect/registry.cpp", '#include "dialect/duckdb/duckdb.hpp"\n'), [])

    def test_another_layer_reaches_no_dialect_folder(self):
        self.assertEqual(len(rules("lib/run/executor.cpp", '#include "dialect/duckdb/duckdb.hpp"\n')), 1)

    def test_one_dialect_does_not_reach_another(self):
        self.assertEqual(len(rules("lib/dialect/sqlite/render.cpp", '#include "dialect/duckdb/duckdb.hpp"\n')), 1)

    def test_unknown_folder_is_refused(self):
        self.assertEqual(len(rules("lib/util/x.cpp", "")), 1)

    def test_vendor_header_stays_with_its_driver(self):
        self.assertEqual(rules("lib/dialect/duckdb/connection.cpp", "#include <duckdb.h>\n"), [])
        self.assertEqual(len(rules("lib/run/executor.cpp", "#include <duckdb.h>\n")), 1)
        self.assertEqual(len(rules("lib/dialect/duckdb/connection.cpp", "#include <SQLiteCpp/Database.h>\n")), 1)

    def test_json_in_a_header_is_refused_but_its_declaration_is_not(self):
        self.assertEqual(len(rules("lib/schema/json.hpp", "#include <nlohmann/json.hpp>\n")), 1)
        self.assertEqual(rules("lib/schema/json.hpp", "#include <nlohmann/json_fwd.hpp>\n"), [])


class Effects(unittest.TestCase):
    def test_output_is_refused_in_the_library(self):
        for code in ("std::cout << 1;", 'printf("x");', 'fmt::print("x");'):
            self.assertEqual(len(rules("lib/command/upgrade.cpp", code)), 1, code)
        self.assertEqual(rules("apps/metaxy-migrate/print_text.cpp", "std::cout << 1;"), [])

    def test_formatting_into_memory_is_allowed(self):
        self.assertEqual(rules("lib/base/text.cpp", "snprintf(buffer, 3, x);"), [])

    def test_environment_is_read_at_the_edge(self):
        self.assertEqual(len(rules("lib/metaxy/config.cpp", 'std::getenv("HOME");')), 1)
        self.assertEqual(rules("lib/command/request.cpp", 'std::getenv("HOME");'), [])

    def test_comments_and_literals_are_not_code(self):
        self.assertEqual(rules("lib/base/text.cpp", '// std::cout\n/* getenv */ auto x = "std::cout";'), [])


class Sql(unittest.TestCase):
    def test_sql_outside_the_dialects_is_refused(self):
        for literal in ('"CREATE TABLE x"', 'R"(SELECT a\nFROM b)"', '"INSERT INTO " + x', '"ALTER " "TABLE x"',
                        '"DELETE FROM x"', '"PRAGMA foreign_keys"', '"UPDATE x SET y"'):
            self.assertEqual(len(rules("lib/plan/planner.cpp", f"auto s = {literal};")), 1, literal)

    def test_sql_in_a_dialect_is_allowed(self):
        self.assertEqual(rules("lib/dialect/sqlite/render.cpp", 'auto s = "CREATE TABLE x";'), [])

    def test_words_are_not_sql(self):
        for literal in ('"drops table \'x\'"', '"select a store from the list"', '"UPDATE"', '"create_table"'):
            self.assertEqual(rules("lib/plan/planner.cpp", f"auto s = {literal};"), [], literal)

    def test_sql_in_a_comment_is_allowed(self):
        self.assertEqual(rules("lib/plan/planner.cpp", "// CREATE TABLE x\n"), [])

    def test_dialect_by_name_is_refused(self):
        self.assertEqual(len(rules("lib/plan/planner.cpp", 'if (dialect.name() == "sqlite") {}')), 1)


class Reading(unittest.TestCase):
    def test_quotes_in_characters_and_escapes_do_not_open_literals(self):
        source = Source('char q = \'"\'; auto a = "x\\"y"; int n = 1\'000; auto b = "z";')
        self.assertEqual([text for _, text in source.literals], ['x\\"y', "z"])

    def test_long_files_are_refused(self):
        self.assertEqual(len(rules("lib/base/text.cpp", "\n" * 601)), 1)


if __name__ == "__main__":
    unittest.main()
