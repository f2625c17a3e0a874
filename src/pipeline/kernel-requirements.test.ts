import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadImage } from '../image/load.ts'
import { checkKernel, kernelRequirements, kernelRulesDirectory } from './kernel-requirements.ts'

const checkout = join(import.meta.dirname, '../..')
const debianConfig = join(checkout, 'src/kernel/test-data/debian-6.12-cloud.config')

for (const name of ['qemu', 'cloud', 'metal'])
  test(`the command line of the image ${name} closes what its kernel leaves open`, async () => {
    const { sysctls } = await kernelRequirements((await load(name)).kernel, rules)
    assert.match(sysctls.text, /^kernel\.kexec_load_disabled = 1$/m)
    assert.ok(sysctls.destination > '/usr/lib/sysctl.d/50-default.conf')
  })

test('every argument that is missing is told with the options it closes', async () => {
  const { kernel } = await load('qemu')
  const commandLine = kernel.commandLine.filter((each) => !/^(lockdown|debugfs)=/.test(each))
  await assert.rejects(kernelRequirements({ ...kernel, commandLine }, rules), {
    code: 'SLIPWAY_BUILD_COMMAND_LINE_LACKS',
    message: /lockdown=integrity \(for .*KEXEC.*debugfs=off \(for DEBUG_FS\)/,
  })
})

test('Debian’s kernel passes, and its known gaps are told with what closes them', async (t) => {
  const report = await check(t, await readFile(debianConfig, 'utf8'))
  const gap = report.gaps.find(({ option }) => option === 'KEXEC')
  assert.match(gap?.answer ?? '', /closed by lockdown=integrity kernel\.kexec_load_disabled=1/)
  assert.deepEqual(report.closed, [])
})

test('a kernel that misses what nobody knew of is refused with every miss', async (t) => {
  const config = (await readFile(debianConfig, 'utf8')).replace(
    /^CONFIG_(DM_VERITY|EROFS_FS)=.*$/gm,
    '# CONFIG_$1 is not set',
  )
  await assert.rejects(check(t, config), {
    code: 'SLIPWAY_KERNEL_CONFIG_MISSES',
    message: /CONFIG_(DM_VERITY|EROFS_FS) is not set.*\n.*CONFIG_(DM_VERITY|EROFS_FS) is not set/,
  })
})

const rules = kernelRulesDirectory(checkout)

function load(name: string) {
  return loadImage(name, { directory: join(checkout, 'images') })
}

async function check(t: TestContext, config: string) {
  const directory = await mkdtemp(join(tmpdir(), 'slipway-kernel-'))
  t.after(() => rm(directory, { recursive: true }))
  const files = { config: join(directory, 'config') }
  await writeFile(files.config, config)
  const facts = { release: '6.12', package: 'linux-image', initrdModules: [] }
  const kernel = { stage: 'kernel', key: '', digest: '', directory, files, facts }
  return await checkKernel(kernel, await kernelRequirements((await load('qemu')).kernel, rules))
}
