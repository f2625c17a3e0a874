/**
 * Started as a process of its own: `create BUILD REPOSITORY KEYS`, `publish REPOSITORY DIRECTORY`,
 * `init KEYS`, or `rotate KEYS`.
 */
import { createRelease } from '../create.ts'
import { initKeys } from '../init-keys.ts'
import { defaultLifetimes } from '../lifetimes.ts'
import { publishRepository } from '../publish.ts'
import { rotateKey } from '../rotate-key.ts'

const [verb, first = '', second = '', third = ''] = process.argv.slice(2)
const { signal } = new AbortController()
const now = new Date()
const lifetimes = defaultLifetimes
switch (verb) {
  case 'create':
    await createRelease({
      image: 'qemu',
      channel: 'stable',
      build: first,
      repository: second,
      places: { directory: third },
      floor: false,
      lifetimes,
      now,
      signal,
    })
    break
  case 'publish':
    await publishRepository({ repository: first, directory: second, signal })
    break
  case 'init':
    await initKeys({
      directory: first,
      rootKeys: 3,
      threshold: 2,
      lifetimes,
      passphrase: undefined,
      now,
    })
    break
  case 'rotate':
    await rotateKey({
      role: 'timestamp',
      replace: undefined,
      places: { directory: first },
      lifetimes,
      now,
      signal,
    })
    break
  default:
    throw new Error(`unknown verb ${verb}`)
}
