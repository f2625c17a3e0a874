import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSlipwayError } from '../errors/error.ts'
import { readArguments } from './arguments.ts'

function read(...argv: string[]) {
  const options = readArguments(argv)
  assert.ok(typeof options === 'object')
  return options
}

test('reads flags as Go does, with the defaults of the reference implementation', () => {
  assert.deepEqual(read('-platform', 'metal', '--stage=fetch'), {
    platform: 'metal',
    stage: 'fetch',
    root: '/',
    configCache: '/run/ignition.json',
    stateFile: '/run/ignition/state',
    needsNetFile: '/run/ignition/neednet',
    fetchTimeoutMs: 120_000,
    offline: false,
    clearCache: false,
    logToStdout: false,
  })
  const { logToStdout, clearCache, root, needsNetFile, fetchTimeoutMs } = read(
    ...['-platform=qemu', '-stage', 'files', '-root', '', '-log-to-stdout', '-clear-cache=false'],
    ...['--needs-net', '/n', '-fetch-timeout', '1m30s'],
  )
  assert.deepEqual(
    [logToStdout, clearCache, root, needsNetFile, fetchTimeoutMs],
    [true, false, '/', '/n', 90_000],
  )
  assert.equal(readArguments(['-version']), 'version')
  assert.equal(readArguments(['--help', '-platform', 'x']), 'help')
})

test('waits for ever for the first config when told so', () => {
  assert.equal(read('-platform=metal', '-stage=fetch', '-fetch-timeout=0').fetchTimeoutMs, 0)
})

test('takes the platform of the image where none is told', () => {
  const kernel = () => 'quiet ignition.platform.id=aws ignition.platform.id=gcp\n'
  const platform = (...argv: string[]) => {
    const options = readArguments(argv, kernel)
    return typeof options === 'object' ? options.platform : options
  }
  assert.equal(platform('-stage=all'), 'gcp')
  assert.equal(platform('-stage=all', '-platform=metal'), 'metal')
})

test('says where the platform is missing, or not known', () => {
  const refusal = (argv: string[], commandLine = '') => {
    try {
      return readArguments(argv, () => commandLine)
    } catch (error) {
      return error instanceof Error ? error.message : error
    }
  }
  assert.match(String(refusal(['-stage=all'])), /^neither -platform nor ignition\.platform\.id= of/)
  const ofKernel = refusal(['-stage=all'], 'ignition.platform.id=ec2')
  assert.match(
    String(ofKernel),
    /^ignition\.platform\.id= of the kernel’s command line is not known/,
  )
  assert.match(String(refusal(['-stage=all', '-platform=ec2'])), /^-platform is not known: .*aws/)
})

test('refuses what it does not know', () => {
  for (const argv of [
    ['-stage=all'],
    ['-platform=metal'],
    ['-platform=metal', '-stage=all', 'word'],
    ['-platform=metal', '-stage=all', '-root'],
    ['-platform=metal', '-stage=all', '-fetch-timeout=soon'],
    ['-platform=metal', '-stage=all', '-clear-cache=maybe'],
    ['-platform=toString', '-stage=all'],
    ['-constructor'],
  ])
    assert.throws(
      () => readArguments(argv),
      (error) => isSlipwayError(error, 'SLIPWAY_IGNITION_USAGE') && error.exitStatus === 2,
      argv.join(' '),
    )
})
