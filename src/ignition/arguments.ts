import { parseArgs } from 'node:util'
import { ignitionErrors } from '../errors/ignition.ts'
import { platforms } from './providers/provider.ts'

export const stageNames = ['fetch', 'disks', 'mount', 'files', 'umount', 'all'] as const
export type StageName = (typeof stageNames)[number]

export type Arguments = {
  readonly platform: string
  readonly stage: StageName
  /** The directory that becomes the host's root. */
  readonly root: string
  /** Where the stage fetch leaves the config for the stages after it. */
  readonly configCache: string
  readonly logToStdout: boolean
}

const usage = `ignition --platform=${platforms.join('|')} --stage=${stageNames.join('|')} [--root=/] [--config-cache=/run/ignition.json] [--log-to-stdout]`

/** Reads the command line, named as the reference implementation's; throws SLIPWAY_IGNITION_USAGE. */
export function readArguments(argv: readonly string[]): Arguments {
  const values = parse(argv)
  const stage = stageNames.find((name) => name === values.stage)
  if (stage === undefined) throw misuse(`--stage must be one of ${stageNames.join(', ')}`)
  const platform = values.platform
  if (platform === undefined || !platforms.includes(platform))
    throw misuse(`--platform must be one of ${platforms.join(', ')}`)
  if (!values.root.startsWith('/')) throw misuse('--root must be an absolute path')
  const { root, 'config-cache': configCache, 'log-to-stdout': logToStdout } = values
  return { platform, stage, root, configCache, logToStdout }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        platform: { type: 'string' },
        stage: { type: 'string' },
        root: { type: 'string', default: '/' },
        'config-cache': { type: 'string', default: '/run/ignition.json' },
        'log-to-stdout': { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw misuse(error instanceof Error ? error.message : String(error))
  }
}

function misuse(mistake: string) {
  return ignitionErrors.error('SLIPWAY_IGNITION_USAGE', { mistake, usage })
}
