import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { namesIn } from '../../files/absence.ts'
import type { World } from '../testing/world.ts'

/** All that an engine may leave on a host, by kind: what is there and should not be is a leak. */
export type Belongings = Readonly<Record<string, readonly string[]>>

const script = `
echo "== mounts"; while read -r _ _ _ _ point _; do echo "$point"; done < /proc/self/mountinfo
echo "== links"; for link in /sys/class/net/*; do echo "\${link##*/}"; done
echo "== rules"; nft list ruleset
echo "== processes"
for process in /proc/[0-9]*; do
  read -r name 2>/dev/null < $process/comm || continue
  case $name in conmon | crun | netavark | aardvark-dns | mount | umount | nft | httpd | sleep) echo $name;; esac
done
echo "== network namespaces"
for process in /proc/[0-9]*; do busybox readlink $process/ns/net 2>/dev/null || true; done | busybox sort -u | busybox wc -l
`

/** Counts what is on the host of a test, while nothing is under way. */
export async function belongingsOf(world: World): Promise<Belongings> {
  const { status, stdout, stderr } = await world.run('bash', '-c', script)
  if (status !== 0) throw new Error(`the host cannot be looked at: ${stderr}`)
  const sections = stdout.split(/^== /m).filter((section) => section !== '')
  const kinds = sections.map((section) => {
    const [kind = '', ...lines] = section.trimEnd().split('\n')
    return [kind, lines.toSorted()] as const
  })
  return { ...Object.fromEntries(kinds), directories: await directoriesOf(world) }
}

const watched = [
  ...['state/containers', 'state/volumes', 'state/networks', 'state/images/staging'],
  ...['run/containers', 'run/exits', 'run/netns', 'run/crun', 'run/netavark/aardvark-dns'],
]

async function directoriesOf({ directory }: World): Promise<readonly string[]> {
  const lists = await Promise.all(
    watched.map(async (name) =>
      (await namesIn(join(directory, name))).map((entry) => `${name}/${entry}`),
    ),
  )
  return lists.flat().toSorted()
}

/** Cgroups of containers that are still there, of these. They are the whole machine's, not the world's. */
export async function cgroupsOf(
  ids: ReadonlySet<string>,
  world: World,
): Promise<readonly string[]> {
  const { stdout } = await world.run('ls', '/sys/fs/cgroup/slipway-containers')
  return stdout.split('\n').filter((name) => ids.has(name))
}

/** Ids of the containers that have a directory now. */
export async function idsIn({ directory }: World): Promise<readonly string[]> {
  return await readdir(join(directory, 'state/containers'))
}
