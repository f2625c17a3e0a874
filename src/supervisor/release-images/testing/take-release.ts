/** Takes a release's images and exits: a process of its own, for tests that kill it. */
import { ImageStore } from '../../images/store.ts'
import { parseImageSet } from '../image-set.ts'
import { ReleaseImageKeeper } from '../keeper.ts'

const [directory = '', host = '', tar = '', running = '', taken = '', ...bootable] =
  process.argv.slice(2)
const images = await ImageStore.open({
  directory: `${directory}/images`,
  registries: { [host]: { insecure: true } },
  tar,
})
const log = { info: () => {}, warning: console.error, error: console.error }
const keeper = await ReleaseImageKeeper.open({
  file: `${directory}/release-images.json`,
  running: parseImageSet(Buffer.from(running)),
  images,
  log,
  beforePull: async () => {},
})
const release = { ...parseImageSet(Buffer.from(taken)), bootable }
const nothing = { references: new Set<string>(), layers: [] }
await keeper.take(release, () => nothing, new AbortController().signal)
images.close()
