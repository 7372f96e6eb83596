#!/usr/bin/env python3
"""Tests of check_names.py: what is found, and what is no clash."""
import unittest

from check_names import clashes, names, targets


def anonymous(code):
    return ("namespace metaxy::migrate {\n\nnamespace {\n\n" + code + "\n\n}  // namespace\n\nvoid open() {}\n\n"
            "}  // namespace metaxy::migrate\n")


def clash(one, other):
    return [name for name, _ in clashes({"a.cpp": anonymous(one), "b.cpp": anonymous(other)})]


class Targets(unittest.TestCase):
    def test_sources_of_every_kind_of_target(self):
        cmake = "mm_library(mm_a a.cpp\n  b.cpp)  # c.cpp\nmm_test(t SOURCES x/d.cpp LIBRARIES mm_a)\n"
        self.assertEqual(list(targets(cmake)), [("mm_a", ["a.cpp", "b.cpp"]), ("t", ["x/d.cpp"])])

    def test_made_sources_are_left_out(self):
        self.assertEqual(list(targets('mm_executable(a "${CMAKE_BINARY_DIR}/made.cpp" a.cpp)')), [("a", ["a.cpp"])])


class Names(unittest.TestCase):
    def test_definitions_at_the_beginning_of_a_line(self):
        code = "\n".join((
            "class Reader {", " public:", "  int inner() const;", "};", "enum class Verb { add };",
            "constexpr std::array<std::string_view, 3> kWords = {\"kNever = 1\"};", "const Schema& all_of(int a) {",
            "  return other(a);", "}", "std::vector<int> values;", "int Reader::inner() const { return 1; }",
            "// a comment(with) words", "TEST(Subject, Claim) { EXPECT_EQ(one(), 1); }"))
        self.assertEqual(list(names(anonymous(code))),
                         ["Reader", "Verb", "kWords", "all_of", "values", "TEST(Subject, Claim)"])

    def test_lines_are_told(self):
        self.assertEqual(names(anonymous("int a();")), {"a": 5})


class Clashes(unittest.TestCase):
    def test_the_same_name_in_two_sources(self):
        self.assertEqual(clash("bool is_digit(char c) { return c == '0'; }", "int is_digit(int c);"), ["is_digit"])
        self.assertEqual(clash("class Reader {\n};", "struct Reader {\n};"), ["Reader"])
        self.assertEqual(clash("constexpr int kMax = 1;", "constexpr int kMax = 2;"), ["kMax"])
        self.assertEqual(clash("TEST(A, B) {\n}", "TEST(A, B) {\n}"), ["TEST(A, B)"])

    def test_places_are_told(self):
        sources = {"a.cpp": anonymous("int a();"), "b.cpp": anonymous("\nint a();")}
        self.assertEqual(clashes(sources), [("a", ["a.cpp:5", "b.cpp:6"])])

    def test_overloads_in_one_source_are_no_clash(self):
        self.assertEqual(clash("int a();\nint a(int b);", "int c();"), [])

    def test_names_outside_are_no_clash(self):
        self.assertEqual(clash("int a();", "int b();"), [])  # both have open()

    def test_aliases_clash_when_they_mean_something_else(self):
        self.assertEqual(clash("using Node = Graph::Node;", "using Node = Edges::Node;"), [])
        self.assertEqual(clash("using Node = Graph::Node;", "using Node = int;"), ["Node"])
        self.assertEqual(clash("using Node = Graph::Node;", "struct Node {\n};"), ["Node"])


if __name__ == "__main__":
    unittest.main()
