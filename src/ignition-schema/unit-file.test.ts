import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseUnitFile } from './unit-file.ts'

test('finds the sections of a unit file with comments and continued lines', () => {
  const { sections, problems } = parseUnitFile(
    '# comment\n\n[Unit]\nDescription=a \\\n; comment between\n  b\r\n[Service]\nExecStart=/bin/x [y] \\\n  z\nEnvironment = A=b\n\n[Install]\nWantedBy=multi-user.target',
  )
  assert.deepEqual(sections, ['Unit', 'Service', 'Install'])
  assert.deepEqual(problems, [])
})

const wrong: [contents: string, severity: string, line: number][] = [
  ['[Unit\n', 'error', 1],
  ['[Unit] x\n', 'error', 1],
  ['[]\n', 'error', 1],
  ['[Unit]\nDescription\n', 'error', 2],
  ['[Unit]\n=x\n', 'error', 2],
  ['[Unit]\nA=\\\n\\\n x\nWrong\n', 'error', 5],
  ['A=b\n[Unit]\n', 'warning', 1],
]
for (const [contents, severity, line] of wrong)
  test(`reports ${JSON.stringify(contents)}`, () => {
    assert.deepEqual(
      parseUnitFile(contents).problems.map((problem) => [problem.severity, problem.line]),
      [[severity, line]],
    )
  })

test('has nothing against an empty file', () => {
  assert.deepEqual(parseUnitFile(''), { sections: [], problems: [] })
})
