import { appendFileSync } from 'node:fs'
import { findSlots } from '../../slot/layout.ts'
import { readPartitionTable } from '../../slot/partition-table.ts'
import type { AgentHost } from '../host.ts'
import type { AgentPaths } from '../paths.ts'

/** What a test, or a program that it starts, makes a host of: a disk image and a tree of files. */
export type ImageHost = {
  readonly paths: AgentPaths
  readonly disk: string
  /** The root hash that runs. */
  readonly rootHash: string
  /** Lines of the journal, reboots and wake-ups go there. */
  readonly events: string
}

/** The agent's world over a disk image instead of a disk, and nothing that could reboot. */
export function imageHost({ paths, disk, rootHash, events }: ImageHost): AgentHost {
  const note = (line: string) => appendFileSync(events, `${line}\n`)
  return {
    paths,
    now: () => new Date(),
    random: () => 0.5,
    log: (severity, text) => note(`${severity}: ${text}`),
    discover: async () => ({
      rootHash,
      layout: findSlots(await readPartitionTable(disk), rootHash, true),
      esp: { directory: paths.boot },
    }),
    observe: async () => ({ containers: ['shop-web-1'], interfaces: ['enp1s0'] }),
    pullImages: async ({ version, images, bootable }) => {
      if (Object.keys(images).length > 0)
        note(`pull for ${version}, keep ${bootable.join(' ')}: ${Object.values(images).join(' ')}`)
    },
    reboot: async () => note('reboot'),
    wakeIn: async (delayMs) => note(`wake in ${delayMs} ms`),
    signal: new AbortController().signal,
    checkpointBytes: 2 << 20,
    clientLimits: {
      timeouts: { connectMs: 2000, headersMs: 2000, stallMs: 2000 },
      retryPolicy: { attempts: 2, firstDelayMs: 1, maximumDelayMs: 2, maximumRetryAfterMs: 10 },
    },
  }
}
