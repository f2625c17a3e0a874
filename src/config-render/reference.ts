import { renderCatalogue } from './catalogue.ts'
import { variants } from './variants.ts'

/** The page docs/reference/config-render.md. */
export function renderReference(): string {
  const versions = table([
    ['variant', 'version', 'Ignition'],
    ...variants.map(({ name, version, minor }) => [name, version, `3.${minor}.0`]),
  ])
  const problems = table([
    ['code', 'severity', 'what is wrong', 'what was expected'],
    ...Object.entries(renderCatalogue).map(([code, problem]) => [
      `\`${code}\``,
      problem.severity,
      problem.message,
      'expected' in problem ? problem.expected : '',
    ]),
  ])
  return `${introduction}\n${versions}\n${body}\n${problems}`
}

function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows
  return [head, head.map(() => '---'), ...rest]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`)
    .join('')
}

const introduction = `# slipway config render

Generated from \`src/config-render/\`; do not edit.

\`slipway config render FILE\` turns a config in YAML into an Ignition config, on the engineer's machine. [The
guide](../guides/write-a-config.md) has examples, and [cli.md](cli.md#slipway-config-render) the options.

## Variants

The keys \`variant\` and \`version\` say which fields the YAML may have. \`fcos\` and \`flatcar\` are those of
[Butane](https://coreos.github.io/butane/), whose pages describe their fields; \`slipway\` has all fields of \`fcos\` 1.7.0 but
\`boot_device\` and \`grub\`, and three of its own. Experimental versions are refused.
`

const body = `
## Fields of the variant slipway

| field | what it is | file on the host |
| --- | --- | --- |
| \`containers.NAME\` | the Compose file of the project NAME: as a map, or \`local:\` with the path of a file | \`/etc/slipway/compose/NAME.yaml\`, mode 0600 |
| \`update\` | [settings of updates](update-settings.md), with the keys of that file: as a map, or \`local:\` with the path of a file | \`/etc/slipway/update.yaml\`, mode 0600 |
| \`hostname\` | the host's name | \`/etc/hostname\`, mode 0644 |

Each is held against what the host itself reads it by, so a mistake in a Compose file is told now, at its line in the YAML
or in the local file. The files take the place of what the image has at their paths. A map is put there as it is written,
with its comments; so anchors outside of it cannot be used inside.

## Where it differs from Butane

- **What a host cannot do is an error.** \`boot_device.mirror\` and \`boot_device.luks\`: Fedora CoreOS makes its root anew
  while it is provisioned. A host's root is a partition that the image makes on the boot disk, before the config is read; a
  config cannot put it on an array or encrypt it. \`grub\`: systemd-boot starts hosts. \`extensions\`: there is no rpm-ostree.
  \`/dev/disk/by-id/coreos-boot-disk\`: no such name. And what \`slipway config check\` says of the result;
  \`--specification-only\` leaves that out.
- **Mount points.** \`fcos\` from 1.6.0 on has mount units below \`/etc\` and \`/var\` only. Hosts have
  [other rules](disks.md#file-systems), which hold for each version. Nothing is said of partitions that are special on
  Fedora CoreOS by label or size.
- **Partitions without number.** The warning is given for every version of \`fcos\` and for \`slipway\`.
- **Local files.** A symbolic link out of the directory is refused, also below a tree's own path; Butane follows it. Links in
  a tree are put on the host as links, as there. Units and keys that are not UTF-8 are refused.
- **Configs in \`ignition.config\`**, inline or local, are checked whatever version of Ignition they are of; Butane skips other
  versions than its own with a warning.
- **Unknown keys** are warnings, as in Butane, with the nearest known one. In the variant \`slipway\` they are errors.
- **Generated units** say that slipway made them. Compressed contents are other bytes than Butane's with the same
  content: it is another implementation of gzip. They are the same on every machine.
- **Modes in decimal.** The warning comes from the rules of the result, which know fewer unusual modes.
- **Numbers** such as \`08\` and \`1e3\` are refused where a whole number is wanted, and so is a second document in the file.
- **Problems** have the severity of the result's rules, which refuse more than Ignition does
  ([in detail](../../src/ignition-schema/README.md#where-it-differs)).

What is the same: names of fields, octal numbers with a leading zero, \`yes\` and \`off\`, anchors and merge keys, which version
has which field, contents (escaped, base64 or compressed, whichever is shortest, with \`compression\` said), trees,
names and contents of units, and the order of what is generated.

## Output

One line of JSON and a line end; \`--pretty\` indents. \`--output\` writes by a temporary file and a rename, mode 0600, since a
config may hold secrets. Problems go to standard error, \`file:line:column: severity: path: …\`, or as JSON with \`--json\`. When
there is an error, or a warning with \`--strict\`, there is no output and the exit status is 1.

## Problems

Mistakes of the result have the codes of [ignition-problems.md](ignition-problems.md), with the place and the path of the YAML.
`
