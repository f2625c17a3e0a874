import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'

/** Runs `slipway config check`, or another verb of it, as an engineer does. */
function check(words: readonly string[], input = '') {
  return run(['check', ...words], input)
}

function run(words: readonly string[], input = '') {
  const program = join(import.meta.dirname, 'main.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, 'config', ...words], {
    input,
    encoding: 'utf8',
  })
  return { status, stdout, stderr }
}

function fileWith(t: TestContext, name: string, text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-config-'))
  t.after(() => rmSync(directory, { recursive: true }))
  writeFileSync(join(directory, name), text)
  return join(directory, name)
}

test('tells every problem with file, line and column, and ends with 1 for errors', (t) => {
  const file = fileWith(
    t,
    'user.ign',
    '{\n  "ignition": {"version": "3.6.0"},\n  "storage": {"files": [{"path": "a", "x": 1}]}\n}\n',
  )
  const { status, stdout, stderr } = check([file])
  assert.equal(status, 1)
  const [first, second, ...rest] = stdout.split('\n')
  assert.equal(
    first,
    `${file}:3:34: error: $.storage.files.0.path: the path is relative, expected an absolute path without //, ., .. or a slash at its end [IGNITION_PATH_RELATIVE]`,
  )
  assert.match(second ?? '', /user\.ign:3:39: warning: .* \[IGNITION_KEY_UNUSED\]$/)
  assert.deepEqual(rest, [''])
  assert.equal(stderr, '1 error, 1 warning\n')
})

test('warnings end with 0, and with 1 when they are to count', (t) => {
  const file = fileWith(t, 'user.yaml', 'ignition: {version: 3.6.0}\nx: 1\n')
  assert.equal(check([file]).status, 0)
  assert.equal(check([file, '--strict']).status, 1)
})

test('reports as JSON, one object a line, from standard input too', () => {
  const { status, stdout } = check(['-', '--json'], '#cloud-config\n')
  assert.equal(status, 1)
  const [problem, checked] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    [problem.type, problem.code, problem.source, problem.line, problem.column],
    ['problem', 'IGNITION_CLOUD_CONFIG', 'stdin', 1, 1],
  )
  assert.deepEqual(checked, { type: 'checked', file: '-', ok: false, errors: 1, warnings: 0 })
})

test('a file that cannot be read, and a format that is none, end with 2', () => {
  const missing = check(['/nonexistent/user.ign'])
  assert.equal(missing.status, 2)
  assert.match(missing.stderr, /SLIPWAY_CONFIG_UNREADABLE/)
  const unknown = check(['-', '--format', 'toml'])
  assert.equal(unknown.status, 2)
  assert.match(unknown.stderr, /SLIPWAY_CONFIG_FORMAT_UNKNOWN/)
})

test('explains what a config does, with the lines that destroy marked', (t) => {
  const file = fileWith(
    t,
    'user.yaml',
    'ignition: {version: 3.6.0}\nstorage:\n  filesystems:\n    - {device: /dev/x, format: ext4, wipeFilesystem: true}\n',
  )
  const { status, stdout, stderr } = run(['explain', file])
  assert.equal(status, 0)
  assert.match(stdout, /^Disks\n! file system ext4 on \/dev\/x {2}\[4:7\]\n {6}if .*\n! {5}if /)
  assert.equal(
    stderr,
    '1 step; 1 of them may destroy what is there; 0 remote sources, 0 of them not verified\n',
  )
})

test('explains nothing of a config with errors, and tells all of them', (t) => {
  const file = fileWith(
    t,
    'user.yaml',
    'ignition: {version: 3.6.0}\nstorage: {files: [{path: a}, {path: b}]}\n',
  )
  const { status, stdout, stderr } = run(['explain', file])
  assert.equal(status, 1)
  assert.equal(stdout, '')
  assert.match(stderr, /user\.yaml:2:\d+: error: .*\n.*user\.yaml:2:\d+: error: .*\n2 errors/)
  const lines = run(['explain', file, '--json']).stdout.trim().split('\n')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).type),
    ['problem', 'problem', 'explained'],
  )
})

test('render gives a config that check accepts, and writes it in one step', (t) => {
  const yaml = 'variant: slipway\nversion: 1.0.0\nstorage: {files: [{path: /a, mode: 0644}]}\n'
  const file = fileWith(t, 'c.yaml', yaml)
  const output = join(file, '../c.ign')
  const rendered = run(['render', file, '--output', output])
  assert.deepEqual(rendered, { status: 0, stdout: '', stderr: '' })
  const text = readFileSync(output, 'utf8')
  assert.equal(
    text,
    '{"ignition":{"version":"3.6.0"},"storage":{"files":[{"path":"/a","mode":420}]}}\n',
  )
  assert.deepEqual(readdirSync(join(file, '..')).sort(), ['c.ign', 'c.yaml'])
  assert.equal(check([output, '--strict']).status, 0)
  const pretty = run(['render', '-', '--pretty'], yaml)
  assert.equal(pretty.stdout, `${JSON.stringify(JSON.parse(text), undefined, 2)}\n`)
})

test('render tells problems on standard error, and gives nothing when there is an error', (t) => {
  const file = fileWith(t, 'c.yaml', 'variant: fcos\nversion: 1.5.0\nstorge: {}\n')
  const output = join(file, '../c.ign')
  const lenient = run(['render', file])
  assert.equal(lenient.status, 0)
  assert.match(lenient.stderr, /c\.yaml:3:1: warning: \$\.storge: .* \[RENDER_KEY_UNKNOWN\]\n/)
  const strict = run(['render', file, '--strict', '--json', '--output', output])
  assert.deepEqual([strict.status, strict.stdout], [1, ''])
  const [problem, summary] = strict.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual([problem.type, problem.line, problem.column], ['problem', 3, 1])
  assert.deepEqual(summary, { type: 'rendered', file, ok: false, errors: 0, warnings: 1 })
  assert.equal(existsSync(output), false)
})

test('render reads local files below the directory that is named', (t) => {
  const file = fileWith(
    t,
    'c.yaml',
    'variant: fcos\nversion: 1.5.0\nstorage: {files: [{path: /a, contents: {local: c.yaml}}]}\n',
  )
  assert.match(run(['render', file]).stderr, /RENDER_FILES_DIR_MISSING/)
  assert.equal(run(['render', file, '--files-dir', join(file, '..')]).status, 0)
  const unwritable = run(['render', file, '--files-dir', join(file, '..'), '--output', '/dev/x/y'])
  assert.equal(unwritable.status, 2)
  assert.match(unwritable.stderr, /SLIPWAY_CONFIG_UNWRITABLE/)
})
