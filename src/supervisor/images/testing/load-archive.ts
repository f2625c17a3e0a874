/** Loads an archive of images and exits: a process of its own, for tests that kill it. */
import { createReadStream } from 'node:fs'
import { loadImages } from '../archive/load.ts'
import { ImageStore } from '../store.ts'

const [directory = '', archive = '', tar = ''] = process.argv.slice(2)
const store = await ImageStore.open({ directory, registries: {}, tar })
await loadImages(store.intake, createReadStream(archive))
store.close()
