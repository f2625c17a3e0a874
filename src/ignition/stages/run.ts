import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { StageName } from '../arguments.ts'
import { needsNetwork } from '../assembly/needs-network.ts'
import { type CachePaths, readConfigCache, writeConfigCache } from '../config-cache.ts'
import { NetworkNeededError } from '../sources/failure.ts'
import { type FetchContext, fetchStage } from './fetch.ts'
import { openFetched } from './fetched-config.ts'
import { filesStage } from './files.ts'
import { notCarriedOut } from './not-carried-out.ts'
import type { FetchedConfig, Stage } from './stage.ts'

/** What carries a fetched config out, in the order of a boot: the place to plug a stage in. */
const laterStages: Readonly<
  Record<Exclude<StageName, 'fetch-offline' | 'fetch' | 'all'>, Stage<FetchedConfig, void>>
> = {
  kargs: notCarriedOut,
  disks: notCarriedOut,
  mount: notCarriedOut,
  files: filesStage,
  umount: notCarriedOut,
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
      for (const carryOut of Object.values(laterStages)) await carryOut(context, fetched)
      return
    }
    default: {
      const fetched = readConfigCache(paths)
      await laterStages[stage](context, fetched)
    }
  }
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
