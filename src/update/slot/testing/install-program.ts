/** Run by the kill tests: installs a release of files. Arguments: a JSON file of what and where. */
import { readFileSync } from 'node:fs'
import { installRelease } from '../install.ts'
import { findSlots } from '../layout.ts'
import { readPartitionTable } from '../partition-table.ts'
import { contentOf } from './content.ts'

export type Order = {
  readonly disk: string
  readonly esp: string
  readonly journal: string
  readonly checkpointBytes: number
  readonly runningRootHash: string
  readonly version: string
  readonly rootHash: string
  readonly usr: string
  readonly verity: string
  readonly uki: string
}

const order = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Order
const content = (path: string) => contentOf(readFileSync(path))
await installRelease({
  layout: findSlots(await readPartitionTable(order.disk), order.runningRootHash, true),
  esp: { directory: order.esp },
  runningRootHash: order.runningRootHash,
  version: order.version,
  rootHash: order.rootHash,
  contents: { usr: content(order.usr), verity: content(order.verity) },
  uki: content(order.uki),
  journal: order.journal,
  checkpointBytes: order.checkpointBytes,
})
