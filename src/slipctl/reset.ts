import { execFile } from 'node:child_process'
import { parseArgs, promisify } from 'node:util'
import { requestFactoryReset } from '../host/factory-reset.ts'
import { removeAddOn } from '../update/esp/kernel-arguments-add-on.ts'
import { usageError, type VerbContext } from './verb.ts'

/** Erases what this host has kept, and reboots it into a first boot; gives the exit status. */
export async function run({ programArguments, endpoint }: VerbContext): Promise<number> {
  if (typeof endpoint !== 'string') throw usageError('reset works on the host alone')
  const { values } = parseArgs({
    args: [...programArguments],
    options: { yes: { type: 'boolean' } },
  })
  if (values.yes !== true)
    throw usageError(
      'reset erases containers, volumes, settings and everything else that this host has kept; say --yes if that is meant',
    )
  await requestFactoryReset()
  // Not on root, so no reset takes it away; the config of the next provisioning may ask for other arguments.
  await removeAddOn({ directory: '/boot' })
  process.stdout.write('The host reboots now, and is provisioned anew.\n')
  await promisify(execFile)('systemctl', ['--no-block', 'reboot'])
  return 0
}
