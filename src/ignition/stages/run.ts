import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { StageName } from '../arguments.ts'
import { needsNetwork, remoteParts } from '../assembly/needs-network.ts'
import { type CachePaths, readConfigCache, writeConfigCache } from '../config-cache.ts'
import { thisMachine } from '../kernel-arguments/machine.ts'
import { ConfigRefusedError } from '../refusal.ts'
import { NetworkNeededError, reasonOf } from '../sources/failure.ts'
import { disksStage } from './disks.ts'
import { type FetchContext, fetchStage } from './fetch.ts'
import { openFetched } from './fetched-config.ts'
import { filesStage } from './files.ts'
import { kernelArgumentsStage } from './kernel-arguments.ts'
import { mountStage } from './mount.ts'
import type { FetchedConfig, Stage } from './stage.ts'
import { umountStage } from './umount.ts'

/** What carries a fetched config out, in the order of a boot: the place to plug a stage in. */
const laterStages: Readonly<
  Record<Exclude<StageName, 'fetch-offline' | 'fetch' | 'all'>, Stage<FetchedConfig, void>>
> = {
  kargs: kernelArgumentsStage(thisMachine()),
  disks: disksStage,
  mount: mountStage,
  files: filesStage,
  umount: umountStage,
}

export type StagePaths = CachePaths & { readonly needsNet: string }

/** Runs one stage, or all of them after another without a cache between them. */
export async function runStage(
  stage: StageName,
  context: FetchContext,
  paths: StagePaths,
): Promise<void> {
  switch (stage) {
    case 'fetch-offline':
      await fetchOffline(context, paths)
      return
    case 'fetch':
      writeConfigCache(paths, await fetchStage(context))
      return
    case 'all': {
      const fetched = await fetchStage(context)
      refuseRemoteParts(context, fetched)
      await carryOutAll(context, fetched)
      return
    }
    default: {
      const fetched = readConfigCache(paths)
      await laterStages[stage](context, fetched)
    }
  }
}

/** Without a network, before anything is written. */
function refuseRemoteParts({ fetcher }: FetchContext, fetched: FetchedConfig): void {
  if (!fetcher.isOffline || fetched === undefined) return
  const parsed = openFetched(fetched)
  const paths = parsed.config === undefined ? [] : remoteParts(parsed.config)
  if (paths.length === 0) return
  throw new ConfigRefusedError(
    paths.map((path) =>
      parsed.problem(
        'error',
        path,
        'this needs the network, and a host has none before it is provisioned',
        'a data URL',
      ),
    ),
  )
}

async function carryOutAll(context: FetchContext, fetched: FetchedConfig): Promise<void> {
  await laterStages.kargs(context, fetched)
  await laterStages.disks(context, fetched)
  try {
    await laterStages.mount(context, fetched)
    await laterStages.files(context, fetched)
  } catch (error) {
    // Nothing stays mounted; what went wrong first is what is told.
    await laterStages.umount(context, fetched).catch((second: unknown) => {
      context.log.error(`while unmounting: ${reasonOf(second)}`)
    })
    throw error
  }
  await laterStages.umount(context, fetched)
}

export function clearCache({ config, state, needsNet }: StagePaths): void {
  for (const path of [config, state, needsNet]) rmSync(path, { force: true })
}

/**
 * Leaves the config in the cache when all of it was had without network, and makes the file that
 * tells that the network is needed, for the config or for what it names.
 */
async function fetchOffline(context: FetchContext, paths: StagePaths): Promise<void> {
  try {
    const fetched = await fetchStage(context)
    writeConfigCache(paths, fetched)
    const { config } = fetched === undefined ? {} : openFetched(fetched)
    if (config === undefined || !needsNetwork(config)) return
    context.log.info('the config names sources that need the network')
  } catch (error) {
    if (!(error instanceof NetworkNeededError)) throw error
    context.log.info(error.message)
  }
  mkdirSync(dirname(paths.needsNet), { recursive: true })
  writeFileSync(paths.needsNet, '')
}
