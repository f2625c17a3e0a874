import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { localFiles } from './local-files.ts'
import { renderConfig } from './render.ts'
import { places, renderText } from './testing/render-text.ts'

/** What each YAML, from its third line on, is told. */
const cases: readonly {
  readonly about: string
  readonly variant: string
  readonly yaml: string
  readonly problems: readonly string[]
}[] = [
  {
    about: 'a mistake of the result has the place and the path of the YAML',
    variant: 'fcos 1.5.0',
    yaml: 'storage:\n  files:\n    - path: a\n  disks:\n    - device: /dev/disk/by-id/x\n      partitions:\n        - number: 1\n          type_guid: x\n',
    problems: [
      '5:13 IGNITION_PATH_RELATIVE $.storage.files.0.path',
      '10:22 IGNITION_GUID $.storage.disks.0.partitions.0.type_guid',
    ],
  },
  {
    about: 'a mistake of a mount unit is one of its file system',
    variant: 'fcos 1.5.0',
    yaml: 'storage:\n  filesystems:\n    - device: /dev/disk/by-id/x\n      format: ext4\n      path: /a\n      mount_options: ["a\\nb"]\n      with_mount_unit: true\n',
    problems: ['9:24 IGNITION_UNIT_SYNTAX $.storage.filesystems.0.with_mount_unit.contents'],
  },
  {
    about: 'types, and what is missing',
    variant: 'fcos 1.5.0',
    yaml: 'storage:\n  files:\n    - mode: rw\n  links: 1\n',
    problems: [
      '5:7 IGNITION_KEY_MISSING $.storage.files.0',
      '5:13 IGNITION_TYPE $.storage.files.0.mode',
      '6:10 IGNITION_TYPE $.storage.links',
    ],
  },
  {
    about: 'an unknown key is a warning with the nearest one, as in Butane',
    variant: 'fcos 1.5.0',
    yaml: 'storage:\n  file: []\nignition: {version: 3.4.0}\n',
    problems: [
      '4:3 RENDER_KEY_UNKNOWN $.storage.file',
      '5:12 RENDER_KEY_UNKNOWN $.ignition.version',
    ],
  },
  {
    about: 'an unknown key is an error in the variant of our own',
    variant: 'slipway 1.0.0',
    yaml: 'container: {}\nboot_device: {layout: x86_64}\n',
    problems: ['3:1 RENDER_KEY_REFUSED $.container', '4:1 RENDER_KEY_REFUSED $.boot_device'],
  },
  {
    about: 'keys that came later',
    variant: 'fcos 1.0.0',
    yaml: 'kernel_arguments: {}\nstorage:\n  files: [{path: /a, contents: {local: x}}]\n  trees: []\n  filesystems: [{device: /dev/disk/by-id/x, path: /x, format: ext4, with_mount_unit: true}]\n',
    problems: [
      '3:1 RENDER_KEY_NEWER $.kernel_arguments',
      '5:33 RENDER_KEY_NEWER $.storage.files.0.contents.local',
      '6:3 RENDER_KEY_NEWER $.storage.trees',
      '7:69 RENDER_KEY_NEWER $.storage.filesystems.0.with_mount_unit',
    ],
  },
  {
    about: 'a list of another type, into which something generated would go',
    variant: 'fcos 1.5.0',
    yaml: 'storage:\n  filesystems: [{device: /dev/disk/by-id/x, path: /x, format: ext4, with_mount_unit: true}]\nsystemd:\n  units: 1\n',
    problems: ['6:10 IGNITION_TYPE $.systemd.units'],
  },
  {
    about: 'several contents',
    variant: 'fcos 1.7.0',
    yaml: 'storage:\n  files:\n    - path: /a\n      contents: {source: "data:,", inline: x}\nsystemd:\n  units: [{name: a.service, contents: "[Unit]", contents_local: a}]\n',
    problems: [
      '6:36 RENDER_SOURCES $.storage.files.0.contents.inline',
      '8:49 RENDER_UNIT_SOURCES $.systemd.units.0.contents_local',
    ],
  },
  {
    about: 'local files without a directory for them',
    variant: 'flatcar 1.1.0',
    yaml: 'storage:\n  trees: [{local: t}]\npasswd:\n  users: [{name: core, ssh_authorized_keys_local: [k]}]\n',
    problems: [
      '4:19 RENDER_FILES_DIR_MISSING $.storage.trees.0',
      '6:52 RENDER_FILES_DIR_MISSING $.passwd.users.0.ssh_authorized_keys_local.0',
    ],
  },
  {
    about: 'mount units without format and path',
    variant: 'fcos 1.5.0',
    yaml: 'storage:\n  filesystems:\n    - {device: /dev/disk/by-id/a, with_mount_unit: true}\n    - {device: /dev/disk/by-id/b, format: ext4, with_mount_unit: true}\n',
    problems: [
      '5:35 RENDER_MOUNT_FORMAT $.storage.filesystems.0.format',
      '6:49 RENDER_MOUNT_PATH $.storage.filesystems.1.path',
    ],
  },
  {
    about: 'what Fedora CoreOS has and hosts do not',
    variant: 'fcos 1.5.0',
    yaml: 'boot_device:\n  mirror: {devices: [/dev/disk/by-id/a, /dev/disk/by-id/b]}\n  luks: {tpm2: true}\ngrub: {users: [{name: root, password_hash: x}]}\nextensions: [{name: vim}]\nstorage:\n  disks: [{device: /dev/disk/by-id/coreos-boot-disk, partitions: [{label: root, number: 4}]}]\n',
    problems: [
      '4:3 RENDER_BOOT_MIRROR $.boot_device.mirror',
      '5:3 RENDER_BOOT_LUKS $.boot_device.luks',
      '6:1 RENDER_GRUB $.grub',
      '7:1 RENDER_EXTENSIONS $.extensions',
      '9:20 RENDER_COREOS_DISK $.storage.disks.0.device',
    ],
  },
  {
    about: 'a layout alone says nothing',
    variant: 'fcos 1.3.0',
    yaml: 'boot_device: {layout: x86_64, luks: {tpm2: false}}\n',
    problems: ['3:1 RENDER_BOOT_NOTHING $.boot_device'],
  },
  {
    about: 'a partition that would be made anew at each try',
    variant: 'fcos 1.5.0',
    yaml: 'storage:\n  disks: [{device: /dev/disk/by-id/a, partitions: [{label: data}]}]\n',
    problems: ['4:60 RENDER_PARTITION_BY_LABEL $.storage.disks.0.partitions.0.label'],
  },
  {
    about: 'flatcar has no clevis',
    variant: 'flatcar 1.0.0',
    yaml: 'storage:\n  luks: [{name: d, device: /dev/disk/by-id/x, clevis: {tpm2: true}}]\n',
    problems: ['4:47 RENDER_CLEVIS $.storage.luks.0.clevis'],
  },
  {
    about: 'a config inside of the config',
    variant: 'fcos 1.5.0',
    yaml: 'ignition:\n  config:\n    merge: [{inline: \'{"ignition":{"version":"3.0.0"},"storage":{"files":[{"path":"a"}]}}\'}]\n',
    problems: ['5:22 RENDER_NESTED $.ignition.config.merge.0.inline'],
  },
  {
    about: 'keys that are there twice',
    variant: 'fcos 1.5.0',
    yaml: 'storage: {}\nstorage: {}\n',
    problems: ['4:1 RENDER_YAML_SYNTAX $'],
  },
  {
    about: 'a mode without its zero',
    variant: 'fcos 1.7.0',
    yaml: 'storage: {files: [{path: /a, mode: 644}]}\n',
    problems: ['3:36 IGNITION_MODE_DECIMAL $.storage.files.0.mode'],
  },
]

describe('every problem of a config is told at its place', () => {
  for (const { about, variant, yaml, problems } of cases)
    it(`${variant}: ${about}`, () => {
      assert.deepEqual(places(renderText(variant, yaml)), problems)
    })
})

it('a key that has no effect changes nothing in the result', () => {
  const yaml =
    'storage:\n  filesystems: [{device: /dev/disk/by-id/x, path: /x, format: ext4, with_mount_unit: true}]\n'
  const { config } = renderText('fcos 1.0.0', yaml)
  const filesystem = { device: '/dev/disk/by-id/x', path: '/x', format: 'ext4' }
  assert.deepEqual(config, {
    ignition: { version: '3.0.0' },
    storage: { filesystems: [filesystem] },
  })
})

describe('what a config is', () => {
  for (const [text, problem] of [
    ['', '1:1 RENDER_NOT_A_MAP $'],
    ['version: 1.0.0\n', '1:1 RENDER_VARIANT_MISSING $'],
    ['variant: openshift\nversion: 4.14.0\n', '1:10 RENDER_VARIANT_UNKNOWN $.variant'],
    ['variant: fcos\n', '1:1 RENDER_VERSION_MISSING $'],
    ['variant: fcos\nversion: 1.8.0-experimental\n', '2:10 RENDER_VERSION_EXPERIMENTAL $.version'],
    ['variant: flatcar\nversion: 1.4.0\n', '2:10 RENDER_VERSION_UNKNOWN $.version'],
    ['variant: fcos\nversion: 1.4\n', '2:10 RENDER_VERSION_UNKNOWN $.version'],
    ['a: &a [*a]\n', '1:8 RENDER_YAML_SYNTAX $'],
    ['a: [\n', '2:1 RENDER_YAML_SYNTAX $'],
  ] as const)
    it(`${JSON.stringify(text)} is refused`, () => {
      const options = { files: localFiles(undefined), strict: false, specificationOnly: false }
      const result = renderConfig(text, 'c.yaml', options)
      assert.deepEqual(places(result), [problem])
      assert.equal(result.ok, false)
    })
})

it('messages have the names of the YAML', () => {
  const yaml = 'storage:\n  files: [{path: /a, overwrite: true}]\n  filesystems: [1]\n'
  const { problems } = renderText('fcos 1.5.0', yaml)
  const texts = problems.map(({ message, expected = '' }) => `${message} ${expected}`).join('\n')
  assert.match(texts, /mount_options, wipe_filesystem/)
  assert.doesNotMatch(texts, /mountOptions/)
})

it('warnings leave a config, unless they are to count', () => {
  const yaml = 'storage: {file: []}\n'
  const lenient = renderText('fcos 1.5.0', yaml)
  assert.deepEqual([lenient.ok, lenient.warnings, lenient.config !== undefined], [true, 1, true])
  const strict = renderText('fcos 1.5.0', yaml, { strict: true })
  assert.deepEqual([strict.ok, strict.config], [false, undefined])
})

it('what hosts cannot do is told in the words of the YAML', () => {
  const yaml =
    'storage:\n  luks:\n    - name: d\n      device: /dev/disk/by-id/x\n      clevis: {threshold: 2, tpm2: true}\n'
  const result = renderText('slipway 1.0.0', yaml, { specificationOnly: false })
  assert.deepEqual(places(result), [
    '7:27 SLIPWAY_HOST_UNSUPPORTED $.storage.luks.0.clevis.threshold',
  ])
})
