import { jsonIfAny, valueAt } from '../../json/value.ts'
import { metadataService } from './metadata-service.ts'
import { askText, keysIn } from './platform-metadata.ts'
import type { Provider, ProviderContext } from './provider.ts'

const platform = 'gcp'
const service = 'http://169.254.169.254/computeMetadata/v1'
const headers = { 'metadata-flavor': 'Google' }

/** Google Cloud: the metadata entry `user-data`. */
export const gcpProvider: Provider = {
  ...metadataService({ platform, url: `${service}/instance/attributes/user-data`, headers }),
  metadata: {
    hostname: (context) => ask('instance/hostname', context),
    sshKeys: async (context) => {
      const own = await ask('instance/attributes/ssh-keys', context)
      const blocks = await ask('instance/attributes/block-project-ssh-keys', context)
      const isAlone = blocks?.toLowerCase() === 'true'
      const shared = isAlone ? undefined : await ask('project/attributes/ssh-keys', context)
      return [own, shared].flatMap((text) => authorizedKeys(text ?? '', new Date()))
    },
  },
}

function ask(path: string, context: ProviderContext): Promise<string | undefined> {
  return askText({ platform, url: `${service}/${path}`, headers }, context)
}

/** Without the names of the users that Google would make for them, and without those that have expired. */
function authorizedKeys(text: string, now: Date): string[] {
  const lines = text.split('\n').filter((line) => !isExpired(line, now))
  return keysIn(lines.map((line) => line.replace(/^[^:\s]*:/, '')))
}

/** A key may end with `google-ssh {"userName": …, "expireOn": …}`. */
function isExpired(line: string, now: Date): boolean {
  const [, details] = /\sgoogle-ssh\s+(\{.*\})\s*$/.exec(line) ?? []
  if (details === undefined) return false
  const end = new Date(String(valueAt(jsonIfAny(details), 'expireOn')))
  // A date that nobody can read is taken for one that is over.
  return !(end.getTime() > now.getTime())
}
