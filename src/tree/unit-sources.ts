import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import Handlebars from 'handlebars'
import { buildErrors } from '../errors/build.ts'

/** Where the files of each folder under `units/` go in the image. */
export const unitDestinations: Readonly<Record<string, string>> = {
  system: '/usr/lib/systemd/system',
  initrd: '/usr/lib/systemd/system',
  'initrd-network': '/usr/lib/systemd/network',
  'initrd-udev': '/usr/lib/udev/rules.d',
  network: '/usr/lib/systemd/network',
  preset: '/usr/lib/systemd/system-preset',
  sysctl: '/usr/lib/sysctl.d',
  sysusers: '/usr/lib/sysusers.d',
  tmpfiles: '/usr/lib/tmpfiles.d',
  'modules-load': '/usr/lib/modules-load.d',
  modprobe: '/usr/lib/modprobe.d',
  repart: '/usr/lib/repart.d',
  udev: '/usr/lib/udev/rules.d',
  'system.conf': '/usr/lib/systemd/system.conf.d',
  'journald.conf': '/usr/lib/systemd/journald.conf.d',
  'resolved.conf': '/usr/lib/systemd/resolved.conf.d',
  'networkd.conf': '/usr/lib/systemd/networkd.conf.d',
  slipway: '/usr/share/slipway',
  etc: '/etc',
}

/** One of the project's own files for the image: its text after the template was filled. */
export type UnitSource = { readonly destination: string; readonly text: string }

/**
 * Reads the named files below `directory` and fills those that end in `.hbs` with `values`. A template
 * that asks for a value that is not there is refused.
 */
export async function readUnitSources(
  directory: string,
  names: readonly string[],
  values: Readonly<Record<string, unknown>>,
): Promise<UnitSource[]> {
  return Promise.all(
    names.map(async (name) => {
      const [folder = ''] = name.split('/')
      const destination = unitDestinations[folder]
      if (destination === undefined)
        throw buildErrors.error('SLIPWAY_BUILD_UNIT_FOLDER', {
          name,
          folders: Object.keys(unitDestinations).join(', '),
        })
      const text = await readUnit(join(directory, name), name)
      const place = join(destination, dirname(name).slice(folder.length), basename(name, '.hbs'))
      return { destination: place, text: name.endsWith('.hbs') ? fill(name, text, values) : text }
    }),
  )
}

async function readUnit(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw buildErrors.error('SLIPWAY_BUILD_UNIT_MISSING', { name, path }, cause)
  }
}

function fill(name: string, text: string, values: Readonly<Record<string, unknown>>): string {
  try {
    return Handlebars.compile(text, { strict: true, noEscape: true })(values)
  } catch (cause) {
    throw buildErrors.error('SLIPWAY_BUILD_UNIT_TEMPLATE', { name, reason: String(cause) }, cause)
  }
}
