import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseReference } from '../../images/reference.ts'
import { progressBar } from './progress.ts'
import { PullLines } from './pull.ts'

const id = (digit: string) => `sha256:${digit.repeat(64)}`
const layer = (digit: string, present: boolean) => ({
  digest: id(digit),
  diffId: id('0'),
  sizeBytes: 10,
  present,
})
const resolved = {
  phase: 'resolved',
  reference: 'host/app:1',
  digest: id('d'),
  manifestDigest: id('e'),
  configDigest: id('c'),
  layers: [layer('1', true), layer('2', false)],
} as const

describe('what a pull tells', () => {
  it('is what Docker tells of each layer, then digest and status', () => {
    const lines = new PullLines(parseReference('host:5000/team/app:1'), new Set())
    const told = [
      ...lines.of(resolved),
      ...lines.of({ phase: 'downloading', digest: id('2'), receivedBytes: 5, sizeBytes: 10 }),
      ...lines.of({ phase: 'downloaded', digest: id('2'), sizeBytes: 10 }),
      ...lines.of({ phase: 'layer-stored', digest: id('2'), diffId: id('0') }),
      ...lines.of({ phase: 'named', changed: true }),
      ...lines.end(),
    ]
    assert.deepEqual(
      told.map(({ id: of, status }) => [of, status]),
      [
        ['1', 'Pulling from team/app'],
        ['111111111111', 'Already exists'],
        ['222222222222', 'Pulling fs layer'],
        ['222222222222', 'Downloading'],
        ['222222222222', 'Verifying Checksum'],
        ['222222222222', 'Download complete'],
        ['222222222222', 'Extracting'],
        ['222222222222', 'Pull complete'],
        [undefined, `Digest: ${id('d')}`],
        [undefined, 'Status: Downloaded newer image for host:5000/team/app:1'],
      ],
    )
    assert.deepEqual(told[3]?.progressDetail, { current: 5, total: 10 })
  })

  it('is nothing of layers when the image is here, and that it is up to date', () => {
    const lines = new PullLines(parseReference(`app@${id('d')}`), new Set([id('c')]))
    const told = [...lines.of(resolved), ...lines.of({ phase: 'named', changed: false })]
    assert.deepEqual(
      [...told, ...lines.end()].map(({ status }) => status),
      [
        'Pulling from library/app',
        `Digest: ${id('d')}`,
        `Status: Image is up to date for app@${id('d')}`,
      ],
    )
  })

  it('has a bar for clients that draw none', () => {
    assert.equal(progressBar(500, 1000), `[${'='.repeat(25)}>${' '.repeat(25)}]      500B/1kB`)
    assert.equal(progressBar(0, 0), `[${'='.repeat(50)}>]        0B/0B`)
  })
})
