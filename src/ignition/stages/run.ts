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
  Record<
    Exclude<StageName, 'fetch-offline' | 'fetch' | 'all-offline' | 'all' | 'report'>,
    Stage<FetchedConfig, void>
  >
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
  stage: Exclude<StageName, 'report'>,
  context: FetchContext,
  paths: StagePaths,
): Promise<void> {
  switch (stage) {
    case 'fetch-offline': {
      const offline = await fetchOffline(context, paths)
      if (offline !== undefined) writeConfigCache(paths, offline.fetched)
      return
    }
    case 'fetch':
      writeConfigCache(paths, await fetchStage(context))
      return
    case 'all-offline': {
      const offline = await fetchOffline(context, paths)
      if (offline?.isWhole)
        await carryOutAll(context, offline.fetched).catch((error: unknown) => {
          // After a power loss a volume that tang servers open is not made again, but opened by them.
          if (!(error instanceof NetworkNeededError)) throw error
          context.log.info(error.message)
          tellNeed(paths)
        })
      return
    }
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
        'this needs the network, and the option --offline says that there is none',
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
 * The config, when all of it was had without network; whole when that is so of what it names, too. Otherwise makes
 * the file that tells that the network is needed.
 */
async function fetchOffline(
  context: FetchContext,
  paths: StagePaths,
): Promise<{ readonly fetched: FetchedConfig; readonly isWhole: boolean } | undefined> {
  try {
    const fetched = await fetchStage(context)
    const { config } = fetched === undefined ? {} : openFetched(fetched)
    const isWhole = config === undefined || !needsNetwork(config)
    if (!isWhole) {
      context.log.info('the config names sources that need the network')
      tellNeed(paths)
    }
    return { fetched, isWhole }
  } catch (error) {
    if (!(error instanceof NetworkNeededError)) throw error
    context.log.info(error.message)
    tellNeed(paths)
    return undefined
  }
}

/** Makes the file that tells that the network is needed. */
export function tellNeed({ needsNet }: Pick<StagePaths, 'needsNet'>): void {
  mkdirSync(dirname(needsNet), { recursive: true })
  writeFileSync(needsNet, '')
}
