/** Pulls one image and exits: a process of its own, for tests that kill it. */
import { ImageStore } from '../store.ts'

const [directory = '', host = '', reference = '', tar = '', partialFromBytes] =
  process.argv.slice(2)
const store = await ImageStore.open({
  directory,
  registries: { [host]: { insecure: true } },
  tar,
  ...(partialFromBytes === undefined ? {} : { partialFromBytes: Number(partialFromBytes) }),
})
await store.pull(reference)
