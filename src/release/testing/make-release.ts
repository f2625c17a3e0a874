/** Started as a process of its own: `create BUILD REPOSITORY KEYS` or `publish REPOSITORY DIRECTORY`. */
import { createRelease } from '../create.ts'
import { defaultLifetimes } from '../lifetimes.ts'
import { publishRepository } from '../publish.ts'

const [verb, first = '', second = '', third = ''] = process.argv.slice(2)
const { signal } = new AbortController()
if (verb === 'publish') await publishRepository({ repository: first, directory: second, signal })
else
  await createRelease({
    image: 'qemu',
    channel: 'stable',
    build: first,
    repository: second,
    places: { directory: third },
    floor: false,
    lifetimes: defaultLifetimes,
    now: new Date(),
    signal,
  })
