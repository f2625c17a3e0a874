import type { ChannelDescription } from '../release.ts'
import { isNewer, isVersion } from '../version.ts'
import type { Refusal, ReleaseDecision, RunningRelease } from './release-decision.ts'

/** A channel from which nothing can be chosen says nothing about the waiting release either. */
export function unusableChannel(
  channel: ChannelDescription,
  running: RunningRelease,
): ReleaseDecision | undefined {
  const { image, releases } = channel
  const refused = (because: Refusal, reason: string) => ({
    kind: 'refused' as const,
    because,
    reason,
  })
  if (image !== running.image)
    return refused(
      'other-image',
      `the channel ${channel.channel} is for the image ${image}, and this host has ${running.image}`,
    )
  if (releases.length === 0)
    return refused('channel-empty', `the channel ${channel.channel} has no releases`)
  const wrong = releases.find(({ version }) => !isVersion(version))
  if (wrong !== undefined)
    return refused(
      'channel-malformed',
      `the channel ${channel.channel} has a release "${wrong.version}", which is no version`,
    )
  const unordered = releases.find(({ version }, index) => {
    const before = releases[index - 1]
    return before !== undefined && !isNewer(version, before.version)
  })
  if (unordered === undefined) return undefined
  return refused(
    'channel-malformed',
    `the releases of the channel ${channel.channel} are not in ascending order at ${unordered.version}`,
  )
}
