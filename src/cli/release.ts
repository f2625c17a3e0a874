import { join } from 'node:path'
import { Command } from 'commander'
import { createRelease } from '../release/create.ts'
import { defaultLifetimes, type Lifetimes, lifetimesWith } from '../release/lifetimes.ts'
import { listReleases } from '../release/list.ts'
import { publishRepository } from '../release/publish.ts'
import { refreshRepository } from '../release/refresh.ts'
import type { Revision } from '../release/revision.ts'
import { interruption } from './interruption.ts'
import { keyPassphrase, keysDirectory, numberOf } from './keys.ts'
import { project } from './project.ts'

type Common = { repository?: string; json?: true }
type Signing = Common & {
  keys?: string
  targetsDays?: string
  snapshotDays?: string
  timestampDays?: string
}
type CreateOptions = Signing & {
  channel: string
  build?: string
  floor?: true
  keep?: string
  deltaFrom?: string[]
  deltas: boolean
}

const repositoryDirectory = join(project, 'repository')

export function releaseCommand(): Command {
  const command = new Command('release').description('Sign, list and publish releases of images.')
  signing(
    command
      .command('create')
      .description(
        'Make a signed release of the last build of an image. The same call again changes nothing.',
      )
      .argument('<image>', 'image definition')
      .requiredOption('--channel <channel>', 'the channel whose hosts get it')
      .option('--floor', 'hosts may not skip this release')
      .option(
        '--keep <number>',
        'how many releases the channel keeps, besides its floors (default: all)',
      )
      .option(
        '--delta-from <version...>',
        'the releases that patches are made from (default: the newest of the channel)',
      )
      .option('--no-deltas', 'make no patches, chunks and compressed files: done in seconds')
      .option('--build <directory>', 'what the build has put out (default: build/<image>)'),
  ).action(create)
  common(
    command
      .command('publish')
      .description(
        'Bring a directory up to date that any static HTTP server can serve; it may be served meanwhile.',
      )
      .argument('<directory>', 'the directory to be served'),
  ).action(publish)
  signing(
    command
      .command('refresh')
      .description(
        'Sign the timestamp anew before it expires, and what else is due. Made for a daily timer, with publish after it.',
      ),
  ).action(refresh)
  common(command.command('list').description('The releases of each channel, oldest first.')).action(
    list,
  )
  return command
}

function common(command: Command): Command {
  return command
    .option(
      '--repository <directory>',
      'the working repository (default: repository in the checkout)',
    )
    .option('--json', 'report as JSON')
}

function signing(command: Command): Command {
  const days = (role: string, standard: number) =>
    command.option(
      `--${role}-days <days>`,
      `how long the ${role} metadata is valid (default: ${standard})`,
    )
  command.option('--keys <directory>', 'keys and roots (default: keys in the checkout)')
  days('targets', defaultLifetimes.targetsDays)
  days('snapshot', defaultLifetimes.snapshotDays)
  days('timestamp', defaultLifetimes.timestampDays)
  return common(command)
}

async function create(image: string, options: CreateOptions): Promise<void> {
  const created = await createRelease({
    ...signingRequest(options),
    image,
    channel: options.channel,
    build: options.build ?? join(project, 'build', image),
    floor: options.floor ?? false,
    keep: numberOf(options.keep),
    deltaFrom: options.deltas ? options.deltaFrom : 'none',
  })
  if (options.json) return printJson({ type: 'release', ...created })
  print(`${created.image} ${created.version} in ${created.channel}: ${created.outcome}`)
  for (const version of created.patches) print(`${version}: hosts with it take a patch`)
  for (const version of created.dropped) print(`${version}: no longer in ${created.channel}`)
  warn(created.waiting)
}

async function publish(directory: string, options: Common): Promise<void> {
  const repository = options.repository ?? repositoryDirectory
  const published = await publishRepository({ repository, directory, signal: interruption() })
  if (options.json) return printJson({ type: 'published', ...published })
  const { written, targets, expires } = published
  print(
    `${directory}: ${targets} files of releases, ${written} files written; valid until ${expires}`,
  )
}

async function refresh(options: Signing): Promise<void> {
  const refreshed = await refreshRepository(signingRequest(options))
  if (options.json) return printJson({ type: 'refreshed', ...refreshed })
  print(`signed ${refreshed.signed.join(', ')}; valid until ${refreshed.expires}`)
  warn(refreshed.waiting)
}

async function list(options: Common): Promise<void> {
  const listing = await listReleases(options.repository ?? repositoryDirectory)
  if (options.json) return printJson({ type: 'releases', ...listing })
  for (const { channel, image, version, floor, createdAt, sizeBytes } of listing.releases) {
    const size = `${(sizeBytes / 1e6).toFixed(1)} MB`
    print([channel, image, version, createdAt, size, ...(floor ? ['floor'] : [])].join('  '))
  }
  for (const [role, expires] of Object.entries(listing.expires))
    print(`${role} metadata expires ${expires}`)
}

function signingRequest(options: Signing) {
  return {
    repository: options.repository ?? repositoryDirectory,
    places: { directory: options.keys ?? keysDirectory, passphrase: keyPassphrase() },
    lifetimes: lifetimesOf(options),
    now: new Date(),
    signal: interruption(),
  }
}

function lifetimesOf(options: Signing): Lifetimes {
  const [targetsDays, snapshotDays, timestampDays] = [
    options.targetsDays,
    options.snapshotDays,
    options.timestampDays,
  ].map(numberOf)
  return lifetimesWith({
    ...(targetsDays !== undefined && { targetsDays }),
    ...(snapshotDays !== undefined && { snapshotDays }),
    ...(timestampDays !== undefined && { timestampDays }),
  })
}

function warn(waiting: Revision['waiting']): void {
  for (const { role, expires } of waiting)
    process.stderr.write(
      `slipway: the ${role} metadata expires ${expires}, and its key is not here: run slipway release refresh where it is\n`,
    )
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
