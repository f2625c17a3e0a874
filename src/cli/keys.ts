import { join } from 'node:path'
import { Command } from 'commander'
import { releaseErrors } from '../errors/release.ts'
import { initKeys } from '../release/init-keys.ts'
import { defaultLifetimes, lifetimesWith } from '../release/lifetimes.ts'
import { isRoleName, roleNames } from '../release/roles.ts'
import { rotateKey } from '../release/rotate-key.ts'
import { interruption } from './interruption.ts'
import { project } from './project.ts'

type InitOptions = {
  directory: string
  rootKeys: string
  threshold: string
  rootDays?: string
  json?: true
}

type RotateOptions = {
  directory?: string
  replace?: string
  offline?: string[]
  rootDays?: string
  json?: true
}

/** Where keys are unless told. */
export const keysDirectory = join(project, 'keys')

/** Encrypts and opens key files; never taken from the command line, which others can read. */
export function keyPassphrase(): string | undefined {
  return process.env.SLIPWAY_KEY_PASSPHRASE || undefined
}

/** A number of an option; what is none is refused later, with the option's range. */
export function numberOf(option: string | undefined): number | undefined {
  if (option === undefined) return undefined
  return /^\d{1,9}$/.test(option) ? Number(option) : Number.NaN
}

export function keysCommand(): Command {
  const command = new Command('keys').description('Make and replace the keys that sign releases.')
  command
    .command('init')
    .description(
      'Make the keys of a new repository of releases, and the first root, which images carry. Key files are encrypted if SLIPWAY_KEY_PASSPHRASE is set.',
    )
    .requiredOption('--directory <directory>', 'a new directory for keys and roots')
    .option('--root-keys <number>', 'how many root keys', '3')
    .option('--threshold <number>', 'how many of them must sign a root', '2')
    .option(
      '--root-days <days>',
      `how long the root is valid (default: ${defaultLifetimes.rootDays})`,
    )
    .option('--json', 'report as JSON')
    .action(init)
  command
    .command('rotate')
    .description(
      'Replace a key by a new one: makes the next root, signed by the old root keys and the new. Then run slipway release refresh and publish.',
    )
    .argument('<role>', roleNames.join(', '))
    .option('--directory <directory>', 'the keys and roots (default: keys in the checkout)')
    .option(
      '--replace <key>',
      'beginning of the identifier of the key to replace, if there are several',
    )
    .option('--offline <directories...>', 'directories with root keys that are kept elsewhere')
    .option(
      '--root-days <days>',
      `how long the new root is valid (default: ${defaultLifetimes.rootDays})`,
    )
    .option('--json', 'report as JSON')
    .action(rotate)
  return command
}

async function init(options: InitOptions): Promise<void> {
  const passphrase = keyPassphrase()
  const rootDays = numberOf(options.rootDays)
  const made = await initKeys({
    directory: options.directory,
    rootKeys: numberOf(options.rootKeys) ?? Number.NaN,
    threshold: numberOf(options.threshold) ?? Number.NaN,
    lifetimes: lifetimesWith(rootDays === undefined ? {} : { rootDays }),
    passphrase,
    now: new Date(),
  })
  if (options.json) {
    const encrypted = passphrase !== undefined
    process.stdout.write(`${JSON.stringify({ type: 'keys', ...made, encrypted })}\n`)
    return
  }
  for (const { role, file } of made.keys) print(`${role.padEnd(9)} ${file}`)
  print(`root      ${made.root}: copy it into images`)
  print(
    passphrase === undefined
      ? 'The key files are not encrypted. Move the root keys to a place that is offline.'
      : 'The key files are encrypted. Move the root keys to a place that is offline.',
  )
}

async function rotate(role: string, options: RotateOptions): Promise<void> {
  if (!isRoleName(role))
    throw releaseErrors.error('SLIPWAY_RELEASE_NAME_INVALID', {
      name: role,
      what: 'a role',
      expected: roleNames.join(', '),
    })
  const rootDays = numberOf(options.rootDays)
  const rotated = await rotateKey({
    role,
    replace: options.replace,
    places: {
      directory: options.directory ?? keysDirectory,
      offline: options.offline ?? [],
      passphrase: keyPassphrase(),
    },
    lifetimes: lifetimesWith(rootDays === undefined ? {} : { rootDays }),
    now: new Date(),
    signal: interruption(),
  })
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ type: 'rotated', ...rotated })}\n`)
    return
  }
  print(`new key  ${rotated.made.file}`)
  print(`replaces ${rotated.replaced.slice(0, 16)}`)
  print(`new root ${rotated.root}`)
  print(
    'Next: slipway release refresh, then slipway release publish; copy the new root into images.',
  )
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
