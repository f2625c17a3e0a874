/** Pulls what a tag means now, gives the image a name of another, and takes one of its own: for tests that kill it. */

import { ImageStore } from '../store.ts'
import { findStored } from '../stored-image.ts'

const [directory = '', host = '', tar = '', moving = '', given = '', taken = ''] =
  process.argv.slice(2)
const store = await ImageStore.open({ directory, registries: { [host]: { insecure: true } }, tar })
await store.pull(moving)
const find = async (name: string) => findStored(await store.images(), name)
const pulled = await find(moving)
if (pulled === undefined) throw new Error(`${moving} is not there`)
await store.tag(pulled, given)
const named = await find(taken)
if (named !== undefined) await store.untag(named, [taken])
store.close()
