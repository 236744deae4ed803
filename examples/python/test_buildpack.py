"""Native tests: python3 -m unittest"""

import unittest

from buildpack import Procfile
from kit import Fail, Pass, Process
from kit.testing import Sample


class TestProcfile(unittest.TestCase):
    def test_detect(self) -> None:
        with Sample({}) as sample:
            self.assertEqual(sample.detect(Procfile()), Fail("the application has no Procfile"))
        with Sample({"Procfile": ""}) as sample:
            self.assertEqual(sample.detect(Procfile()), Pass())

    def test_build(self) -> None:
        with Sample({"Procfile": "web: ./serve --port 80\n\nhello\nworker: ./work\n"}) as sample:
            built = sample.build(Procfile())
            self.assertEqual(
                built.processes,
                [Process.bash("web", "./serve --port 80", default=True), Process.bash("worker", "./work")],
            )
            self.assertEqual(
                sample.warnings,
                ["the Procfile has a line that is not 'name: command': hello"],
            )

    def test_only_one_process_is_the_default(self) -> None:
        with Sample({"Procfile": "worker: ./work"}) as sample:
            self.assertEqual(sample.build(Procfile()).processes, [Process.bash("worker", "./work", default=True)])
