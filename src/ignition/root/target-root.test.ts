import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isSlipwayError } from '../../errors/error.ts'
import { TargetRoot } from './target-root.ts'

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'slipway-target-root-')))
after(() => rmSync(directory, { recursive: true }))
mkdirSync(join(directory, 'a/b'), { recursive: true })
writeFileSync(join(directory, 'a/file'), '')
const links: Readonly<Record<string, string>> = {
  absolute: '/a/b',
  relative: 'a/b',
  'a/upwards': '../../../../a',
  chain: 'absolute/../upwards/b',
  dangling: '/nowhere/yet',
  loop: '/loop',
  last: '/etc/../../a/file',
}
for (const [name, target] of Object.entries(links)) symlinkSync(target, join(directory, name))

const root = new TargetRoot(directory)

const resolved: [path: string, place: string][] = [
  ['/a/b/c', '/a/b/c'],
  ['/absolute/c', '/a/b/c'],
  ['/relative/c', '/a/b/c'],
  ['/a/upwards/b/c', '/a/b/c'],
  ['/chain/c', '/a/b/c'],
  ['/dangling/c', '/nowhere/yet/c'],
  ['/missing/x/y', '/missing/x/y'],
  ['/absolute', '/absolute'],
  ['/loop', '/loop'],
]
for (const [path, place] of resolved)
  test(`${path} is ${place} of the target root`, () => {
    assert.equal(root.resolve(path), join(directory, place))
    assert.equal(root.hostPath(root.resolve(path)), place)
  })

test('follows a link at the end only when told to', () => {
  assert.equal(root.resolve('/last', { followLast: true }), join(directory, 'a/file'))
})

test('refuses loops and paths through files', () => {
  assert.throws(
    () => root.resolve('/loop/x'),
    (error) => isSlipwayError(error, 'SLIPWAY_IGNITION_LINK_LOOP'),
  )
  assert.throws(
    () => root.resolve('/a/file/x'),
    (error) => isSlipwayError(error, 'SLIPWAY_IGNITION_NODE_FAILED'),
  )
})

test('works with the real root, as when the program was started in it', () => {
  const real = new TargetRoot('/')
  assert.equal(real.resolve('/no-such-directory/x'), '/no-such-directory/x')
  assert.equal(real.hostPath('/etc'), '/etc')
})
