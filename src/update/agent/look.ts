import { access, mkdir, rm, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { isSlipwayError } from '../../errors/error.ts'
import { updateAgentErrors } from '../../errors/update-agent.ts'
import { type DeltaNotice, withContents } from '../delta/contents.ts'
import { listEntries, runningEntries } from '../esp/entries.ts'
import { announceFallback } from '../esp/fallback-variable.ts'
import { ReleaseClient } from '../metadata/client.ts'
import { inadmissible } from '../plan/admit-release.ts'
import { decideRelease } from '../plan/decide-release.ts'
import type { ReleaseDecision, TakeRelease } from '../plan/release-decision.ts'
import type { ReleaseDescription } from '../release.ts'
import type { UpdateSettings } from '../settings/settings.ts'
import { installRelease, readEsp } from '../slot/install.ts'
import { refusals, refuse } from '../slot/preflight.ts'
import { compareVersions } from '../version.ts'
import type { AgentHost } from './host.ts'
import { keepBaseline } from './keep-baseline.ts'
import { failureOf, logError } from './log-error.ts'
import type { OrderAnswer } from './orders.ts'
import { ProgressFile } from './progress-file.ts'
import { pullImages } from './pull-images.ts'
import type { Session } from './session.ts'
import { withdraw } from './withdraw.ts'

/** Who asks for the look: the schedule, or somebody, perhaps for one version. */
export type Asked = { readonly version?: string } | undefined

/** What an update notes of its progress takes a few KiB; this leaves containers some room too. */
const neededKiB = 4096

/** A download that was cut, or a way that leads over a floor, does not wait for the interval. */
const goOnWithinMs = 10 * 60 * 1000

/**
 * Looks for a release, and carries out what is decided: takes it, or drops the one that waits. Whatever fails is
 * remembered and told to the journal, and the host goes on as it was. Throws the signal's reason.
 */
export async function look(session: Session, byHand?: Asked): Promise<OrderAnswer> {
  const { host } = session
  try {
    const { message, refused } = await lookOrThrow(session, byHand)
    if (!refused) return { ok: true, message }
    const error = updateAgentErrors.error('SLIPWAY_UPDATE_RELEASE_REFUSED', { reason: message })
    return { ok: false, ...failureOf(error) }
  } catch (error) {
    host.signal.throwIfAborted()
    logError(host.log, error)
    const failure = failureOf(error)
    const { message, code } = failure
    if (session.state.phase.kind === 'downloading') {
      const reason = code === undefined ? message : `${message} [${code}]`
      await session.advance({ kind: 'download-failed', at: session.at, reason })
    }
    // Where updates are off, there is no next look to keep the result for.
    if (session.settings.enabled !== false)
      await session.checked({ ok: false, message, ...(code !== undefined && { code }) })
    return { ok: false, ...failure }
  }
}

type Looked = { readonly message: string; readonly refused: boolean }

async function lookOrThrow(session: Session, byHand: Asked): Promise<Looked> {
  const settings = usableSettings(session)
  const client = await openClient(session, settings)
  try {
    const { signal } = session.host
    await client.refresh({ signal })
    const channel = await client.channel(settings.channel, session.running.image, { signal })
    const { state, facts, running } = session
    const { phase } = state
    const decision = decideRelease({
      running: { image: running.image, version: running.version, onTrial: facts.onTrial },
      ...(phase.kind === 'staged' && { staged: { version: phase.version, byHand: phase.byHand } }),
      badReleases: state.badReleases,
      ...(state.hold !== undefined && { hold: state.hold }),
      ...(state.pin !== undefined && { pin: state.pin.version }),
      channel,
      ...(byHand !== undefined && { byHand }),
    })
    await noteDecision(session, decision)
    if (decision.kind === 'take') {
      await take(session, client, decision, byHand)
      const message = `${decision.version} is in place: ${decision.reason}`
      await session.checked({ ok: true, message }, soonIf(decision.goal !== decision.version))
    }
    if (decision.kind === 'drop') await withdraw(session, decision.reason)
    return { message: messageOf(decision), refused: decision.kind === 'refused' }
  } finally {
    client.close()
  }
}

function usableSettings({ settings }: Session): UpdateSettings {
  if (settings.enabled === 'unknown') throw settings.problem
  if (settings.enabled === false)
    throw updateAgentErrors.error('SLIPWAY_UPDATE_DISABLED', { reason: settings.reason })
  return settings
}

async function openClient({ host, running }: Session, { server }: UpdateSettings) {
  const { rootFile, metadata: cacheDirectory } = host.paths
  await access(rootFile).catch((cause: unknown) => {
    throw updateAgentErrors.error('SLIPWAY_UPDATE_NO_TRUST', { file: rootFile }, cause)
  })
  return new ReleaseClient({
    url: new URL(server),
    rootFile,
    cacheDirectory,
    now: host.now,
    notBefore: running.builtAt,
    ...(host.clientLimits && { limits: host.clientLimits }),
  })
}

/** Before a release is written, so that the time of the next look is kept whatever happens. */
async function noteDecision(session: Session, decision: ReleaseDecision): Promise<void> {
  const message = messageOf(decision)
  const isRefused = decision.kind === 'refused'
  const code = isRefused ? { code: 'SLIPWAY_UPDATE_RELEASE_REFUSED' } : {}
  await session.checked({ ok: true, message, ...code }, soonIf(decision.kind === 'take'))
  session.host.log(
    isRefused ? 'warning' : 'info',
    isRefused ? `${message} [${code.code}]` : message,
  )
}

function soonIf(goesOn: boolean): number | undefined {
  return goesOn ? goOnWithinMs : undefined
}

function messageOf(decision: ReleaseDecision): string {
  return decision.kind === 'take'
    ? `${decision.version} is taken: ${decision.reason}`
    : decision.reason
}

async function take(
  session: Session,
  client: ReleaseClient,
  decision: TakeRelease,
  byHand: Asked,
): Promise<void> {
  const { host, running, facts } = session
  const { signal, log, paths } = host
  const { version } = decision
  const release = await client.release(decision.release, { signal })
  const { rootHash: runningRootHash, layout, esp } = await host.discover()
  const isDowngrade = compareVersions(version, running.version) < 0
  await refuseUnfit(
    session,
    release,
    { ...decision, isDowngrade },
    { runningRootHash, layout, esp },
  )
  await refuseWithoutSpace(dirname(paths.state))
  // Before what waits for a reboot makes room: without its images a release changes nothing.
  await pullImages(session, release, layout.free)
  await session.advance({
    kind: 'download-started',
    at: session.at,
    from: running.version,
    version,
    byHand: byHand?.version !== undefined,
  })
  await announce(session)
  const { rootHash } = release
  const { journal } = paths
  const [entry] = runningEntries(await listEntries(esp), runningRootHash)
  await withContents(
    {
      release,
      source: client,
      running: {
        rootHash: runningRootHash,
        usr: layout.running.usr.extent,
        ...(entry && { uki: { path: entry.path, offsetBytes: 0, sizeBytes: entry.sizeBytes } }),
      },
      free: layout.free.usr.extent,
      directory: paths.downloads,
      signal,
      report: (notice) => tellWay(host, version, notice),
    },
    async ({ slot: contents, uki }) => {
      using progress = new ProgressFile(host, version, contents)
      try {
        await installRelease({
          ...{
            layout,
            esp,
            runningRootHash,
            version,
            rootHash,
            contents,
            uki,
            journal,
            isDowngrade,
          },
          tries: session.enabled?.tries,
          checkpointBytes: host.checkpointBytes,
          signal,
          report: (step) => progress.report(step),
        })
      } catch (error) {
        // What the journal says is on the disk may be where the damage came in.
        if (isSlipwayError(error, 'SLIPWAY_UPDATE_TARGET_DAMAGED'))
          await rm(journal, { force: true })
        throw error
      }
    },
  )
  await keepBaseline(session)
  await session.advance({ kind: 'staged', at: session.at, bootId: facts.bootId })
  log('notice', `${version} is in place; the next boot is into it.`)
}

type Place = {
  readonly runningRootHash: string
  readonly layout: Awaited<ReturnType<Session['host']['discover']>>['layout']
  readonly esp: Awaited<ReturnType<Session['host']['discover']>>['esp']
}

async function refuseUnfit(
  { running }: Session,
  release: ReleaseDescription,
  { version, via, isDowngrade }: TakeRelease & { readonly isDowngrade: boolean },
  { runningRootHash, layout, esp }: Place,
): Promise<void> {
  const { image, architecture } = running
  const reason = inadmissible({ image, architecture, version }, release)
  if (reason !== undefined)
    throw updateAgentErrors.error('SLIPWAY_UPDATE_RELEASE_OTHER', { reason })
  const [floor] = via
  const state = await readEsp(esp)
  const self = { image, version: running.version, architecture, rootHash: runningRootHash }
  const found = refusals(
    release,
    { ...self, layout, esp: state },
    { compareVersions, allowDowngrade: isDowngrade, ...(floor !== undefined && { floor }) },
  )
  refuse(version, found)
}

async function refuseWithoutSpace(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const { bavail, bsize } = await statfs(directory)
  const freeKiB = Math.floor((bavail * bsize) / 1024)
  if (freeKiB < neededKiB)
    throw updateAgentErrors.error('SLIPWAY_UPDATE_NO_SPACE', { directory, freeKiB, neededKiB })
}

/** Without the variable an update is still better than none. */
async function announce({ host }: Session): Promise<void> {
  try {
    if ((await announceFallback(host.paths.efiVariables)) === 'absent')
      host.log(
        'warning',
        'This machine has no EFI variables: should the new release not boot, it takes a reset by hand to come back.',
      )
  } catch (error) {
    logError(host.log, error, 'warning')
  }
}

/** By which way the parts come, and why not by a cheaper one. */
function tellWay({ log }: AgentHost, version: string, notice: DeltaNotice): void {
  if (notice.kind === 'failed') {
    logError(log, notice.error, 'warning')
    return
  }
  const { part, way, bytes } = notice
  log('info', `${version}: ${part} by ${way}, ${(bytes / 1e6).toFixed(1)} MB`)
}
