import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { type Host, startHost } from '../../supervisor/testing/host.ts'
import { cleanUpsOfSuite } from '../../supervisor/testing/suite.ts'

const program = join(import.meta.dirname, '../../host.ts')

describe('slipctl top', () => {
  let host: Host
  const cleanUps = cleanUpsOfSuite()
  before(async () => {
    host = await startHost(cleanUps)
    await host.docker.run(`docker run -d --name busy ${host.image} sh -c "while :; do :; done"`)
  })

  it('shows once what containers use, the busiest first', async () => {
    const { status, stdout } = await host.world.slipctl('top', '--once')
    assert.equal(status, 0)
    assert.match(stdout, /^NAME +CPU +MEMORY .*\nbusy +[1-9][\d.]* % .*\nbase-seed-1 /)
  })

  it('gives the same as JSON', async () => {
    const { stdout } = await host.world.slipctl('top', '--once', '--json')
    const rows: { name: string; cpuPercent: number; restarts: number }[] = JSON.parse(stdout)
    assert.deepEqual(
      rows.map(({ name, restarts }) => [name, restarts]),
      [
        ['busy', 0],
        ['base-seed-1', 0],
      ],
    )
    assert.ok((rows[0]?.cpuPercent ?? 0) > 1)
  })

  for (const [name, key] of [
    ['q', 'q'],
    ['Ctrl-C', '\\003'],
  ] as const)
    it(`draws on a terminal until ${name}, and leaves it as it was`, async () => {
      const script = join(host.world.directory, 'top.sh')
      const socket = join(host.world.directory, 'run/supervisor.sock')
      await writeFile(
        script,
        `stty rows 20 cols 100; ${process.execPath} ${program} ctl --socket ${socket} top; echo "status $?"; stty -a`,
      )
      // The key comes when containers have been shown with figures, the end of input when all is over.
      const until = (pattern: string) => `until grep -aq "${pattern}" shown; do sleep 0.2; done`
      const { stdout } = await host.docker.run(
        `cd ${host.world.directory}; : > shown; (${until('busy *[1-9][0-9.]* %')}; printf '${key}'; ${until('icanon')}) | timeout 50 socat - EXEC:"sh ${script}",pty,setsid,ctty,stderr > shown; cat shown`,
      )
      assert.match(stdout, /^\x1b\[\?1049h\x1b\[\?25l/)
      assert.match(stdout, /busy +[1-9][\d.]* %/)
      assert.match(stdout, /\x1b\[\?25h\x1b\[\?1049l/)
      assert.match(stdout, /status 0/)
      assert.match(stdout, / icanon /)
      assert.match(stdout, / echo /)
    })
})
