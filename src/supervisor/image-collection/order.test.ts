import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { removable, sparedForMs } from './order.ts'

const now = 1_800_000_000_000
const longAgo = now - 1_000_000_000

const dated = (id: string, lastUsedMs: number, tags: string[] = [], digests: string[] = []) => ({
  image: { id, tags, digests, records: [] },
  lastUsedMs,
})

const nothing = { names: new Set<string>(), ids: new Set<string>() }

const ids = (images: ReturnType<typeof removable>) => images.map(({ image }) => image.id)

describe('images that may go', () => {
  it('are in the order of their last use, the oldest first', () => {
    const images = [dated('b', longAgo + 2), dated('c', longAgo + 3), dated('a', longAgo + 1)]
    assert.deepEqual(ids(removable(images, nothing, now)), ['a', 'b', 'c'])
  })

  it('are none that is needed by one of its names, or by what it is', () => {
    const images = [
      dated('declared', longAgo, ['docker.io/library/a:1', 'docker.io/library/a:2']),
      dated('of-a-release', longAgo, [], ['r.example/b@sha256:1']),
      dated('in-a-container', longAgo),
      dated('free', longAgo, ['docker.io/library/c:1']),
    ]
    const needed = {
      names: new Set(['docker.io/library/a:2', 'r.example/b@sha256:1']),
      ids: new Set(['in-a-container']),
    }
    assert.deepEqual(ids(removable(images, needed, now)), ['free'])
  })

  it('are none that somebody may just have pulled to use it', () => {
    const images = [dated('new', now - sparedForMs), dated('older', now - sparedForMs - 1)]
    assert.deepEqual(ids(removable(images, nothing, now)), ['older'])
  })
})
