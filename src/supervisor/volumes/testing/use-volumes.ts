/** Makes, fills and removes volumes: a process of its own, for tests that kill it. */
import { EventLog } from '../../events/event-log.ts'
import { testContainer } from '../../runtime/testing/container.ts'
import { VolumeStore } from '../store.ts'
import { prepareVolumes } from '../volumes.ts'
import { volumeMount } from './mount.ts'

const [state = '', rootfs = ''] = process.argv.slice(2)
const volumes = await VolumeStore.open({
  directories: { state },
  events: new EventLog(),
  usersOf: () => [],
})
if (volumes.get('old') !== undefined) await volumes.remove('old')
await volumes.create('named', { a: 'b' })
await prepareVolumes(testContainer({ mounts: [volumeMount('filled', '/www')] }), rootfs, volumes)
