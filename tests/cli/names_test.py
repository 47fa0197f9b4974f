"""scripts/check_names.py: two types of one name are found, and nothing else is taken for one."""

import unittest

from scripts_test import ScriptTest


class NamesTest(ScriptTest):
    def check(self, *arguments):
        return self.script("check_names.py", *arguments)

    def test_the_tree_itself(self):
        result = self.check()
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_each_second_type_is_found(self):
        self.write("lib/data/table.hpp", "namespace normrun {\n/// Rows.\nstruct Table {\n  int rows;\n};\nenum class Kind { kA };\n}  // namespace normrun\n")
        # None of these is a second one: other namespaces, unnamed ones of other folders, declarations, specializations, nested types, texts.
        self.write("lib/report/fine.cpp", """#include <table>  // struct Table {
            namespace normrun { struct Table; template <class T> struct Rows; template <> struct Rows<int> { }; }
            namespace normrun::report { struct Table { struct Kind { }; int i[2] = {1'000, '{'}; }; }
            namespace normrun { namespace { struct Row { }; } const char* kText = R"(struct Table {)"; enum Kind f() { return {}; } }
            """)
        self.write("lib/data/row.cpp", "namespace normrun { namespace { struct Row { }; } }\n")
        self.assertEqual(self.check(self.folder).stderr, "")
        wrong = {
            "apps/normrun/table.cpp": ("class alignas(64) Table final : Base {};", "normrun::Table"),
            "lib/report/kind.hpp": ("enum Kind : int { };", "normrun::Kind"),
            "lib/report/row.cpp": ("namespace { template <class T = int> struct [[nodiscard]] Row { }; }", "normrun::Row"),
            "lib/train/table.hpp": ("union Table { };", "normrun::Table"),
        }
        for path, (line, _) in wrong.items():
            self.write(path, f"namespace normrun {{\n{line}\n}}\n")
        result = self.check(self.folder)
        self.assertEqual(result.returncode, 1)
        lines = result.stderr.splitlines()
        self.assertEqual(len(lines), len(wrong), result.stderr)
        for path, (_, name) in wrong.items():
            self.assertTrue(any(f"{path}:2" in found and f" {name} " in found for found in lines), (path, lines))


if __name__ == "__main__":
    unittest.main()
