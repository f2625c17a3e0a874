import type { UpdateStatus } from '../../update/status/status-of.ts'
import { table } from '../table.ts'

/** The status for people: a line for each thing to know, then lists of what was. */
export function statusText(status: UpdateStatus): string {
  const { badReleases, history } = status
  const parts = [
    table(lines(status).map(([name, value]) => [`${name}:`, value.replaceAll('\n', '\n    ')])),
  ]
  if (badReleases.length > 0)
    parts.push(
      '\nReleases that are not taken again:\n',
      table(
        badReleases.map(({ version, at, check, reason }) => [
          `  ${version}`,
          at,
          check === undefined ? reason : `the check ${check} failed: ${reason}`,
        ]),
      ),
    )
  if (history.length > 0)
    parts.push(
      '\nPast updates, newest first:\n',
      table(
        history
          .toReversed()
          .map(({ from, version, at, result, reason = '' }) => [
            `  ${from} -> ${version}`,
            at,
            result,
            reason,
          ]),
      ),
    )
  return parts.join('')
}

function lines(status: UpdateStatus): [name: string, value: string][] {
  const { phase, settings, lastCheck, nextCheckAt, window, lock, hold, pin } = status
  return [
    ['Running', `${status.running} (${status.image})`],
    ...(phase.kind === 'staged' ? [line('Waiting', `${phase.version}, since ${phase.since}`)] : []),
    ['Now', status.summary],
    ...(settings.enabled
      ? [
          line('Server', `${settings.server}, channel ${settings.channel}`),
          line('Strategy', settings.strategy),
        ]
      : [line('Settings', coded(settings.reason, settings.code))]),
    ...(lastCheck
      ? [
          line(
            'Last check',
            `${lastCheck.at}: ${lastCheck.ok ? '' : 'failed: '}${coded(lastCheck.message, lastCheck.code)}`,
          ),
        ]
      : []),
    ...(nextCheckAt === undefined ? [] : [line('Next check', nextCheckAt)]),
    ...(window
      ? [line('Window', window.open ? `open until ${window.closesAt}` : `opens ${window.opensAt}`)]
      : []),
    ...(lock ? [line('Lock', lockText(lock))] : []),
    ...(hold
      ? [line('Held', `since ${hold.since}${hold.reason === undefined ? '' : `: ${hold.reason}`}`)]
      : []),
    ...(pin ? [line('Pinned', `to ${pin.version} since ${pin.since}`)] : []),
  ]
}

function line(name: string, value: string): [string, string] {
  return [name, value]
}

function coded(message: string, code: string | undefined): string {
  return code === undefined ? message : `${message} [${code}]`
}

function lockText({
  url,
  group,
  mayBeHeld,
  refused,
  askedAgainAt,
}: NonNullable<UpdateStatus['lock']>) {
  const at = `${url}, group ${group}`
  if (refused !== undefined) return `${at}: ${refused}; asked again at ${askedAgainAt}`
  return mayBeHeld ? `${at}: this host may hold it` : `${at}: not held`
}
