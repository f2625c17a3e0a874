import { stat } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { startHostDuties } from '../host/duties.ts'
import { networkIsUp } from '../host/network-up.ts'
import { describeError, type Log, standardErrorLog } from '../journal/log.ts'
import type { HostDuties } from './api/context.ts'
import { serveRemoteApi } from './api/remote/serve.ts'
import { refuseSecondSupervisor, serveApi } from './api/server.ts'
import { AppArmor } from './apparmor/apparmor.ts'
import { type Directories, hostDirectories } from './directories.ts'
import { HostServices } from './discovery/host-services.ts'
import { ExecSessions } from './exec/sessions.ts'
import { ImagePolicy } from './image-policy/policy.ts'
import { ImageStore } from './images/store.ts'
import { keepLogs } from './logs/keep-logs.ts'
import { serveMetrics } from './metrics/serve.ts'
import { ReleaseImageKeeper } from './release-images/keeper.ts'
import { readRunningSet } from './release-images/running-set.ts'
import { directScope, systemdScope } from './runtime/scope.ts'
import { withAuthorities } from './settings/registries.ts'
import { loadSettings } from './settings/settings.ts'
import { Supervisor, type SupervisorOptions } from './supervisor.ts'

const usage = `Usage: slipway-host supervisor [OPTIONS]

Keeps the containers of this host as the Compose files declare them.

Options:
  --compose DIRECTORY   Compose files, one project each [${hostDirectories.compose}]
  --settings FILE       settings [${hostDirectories.settingsFile}]
  --release-images FILE images that the running release brings
                        [${hostDirectories.releaseImagesFile}]
  --state DIRECTORY     images, containers, volumes [${hostDirectories.state}]
  --runtime DIRECTORY   socket and what is gone after a reboot [${hostDirectories.runtime}]
  --cgroup DIRECTORY    the unified cgroup hierarchy [${hostDirectories.cgroup}]
  --help                this text
`

/** The supervisor daemon: runs until SIGTERM or SIGINT, then ends without touching the containers. */
export async function main(programArguments: readonly string[], version: string): Promise<number> {
  const options = parse(programArguments)
  if (options === 'help') {
    process.stdout.write(usage)
    return 0
  }
  const log = standardErrorLog()
  const { directories } = options
  await refuseSecondSupervisor(directories)
  const settings = await loadSettings(directories.settingsFile)
  const surroundings = await hostSurroundings(directories, log)
  const { logDriver } = surroundings
  const images = await ImageStore.open({
    directory: `${directories.state}/images`,
    registries: await withAuthorities(settings.registries, log),
    policy: await ImagePolicy.load(settings.policy ?? [], log),
  })
  const releaseImages = await ReleaseImageKeeper.open({
    file: `${directories.state}/release-images.json`,
    running: await readRunningSet(directories.releaseImagesFile, log),
    images,
    log,
    beforePull: surroundings.beforePull,
  })
  const supervisor = await Supervisor.start({
    apparmor: await AppArmor.open(log),
    directories,
    images,
    releaseImages,
    collection: settings.collection,
    userNamespaces: settings.userNamespaces,
    log,
    ...surroundings,
  })
  const { runtime, lifecycle } = supervisor
  const execs = new ExecSessions({ runtime, lifecycle, directories, log })
  const hostServices = new HostServices({
    containers: () => supervisor.containers,
    networks: () => supervisor.networks.all,
    events: supervisor.events,
    log,
    settings: settings.discovery,
  })
  const { debug } = settings
  const logs = await keepLogs(supervisor, { settings, directories, logDriver, log })
  const duties = hostDuties(directories)
  const api = {
    supervisor,
    execs,
    directories,
    logDriver,
    version,
    debug,
    log,
    hostServices,
    duties,
  }
  const servers = [
    await serveApi(api),
    ...(settings.api === undefined ? [] : [serveRemoteApi(api, settings.api)]),
    ...(settings.metrics === undefined
      ? []
      : [
          serveMetrics({
            ...{ supervisor, directories, version, log, settings: settings.metrics },
            forwarding: () => logs.forwardCounts,
          }),
        ]),
  ]
  log.info(`supervisor ${version} is ready`)
  const ending = new AbortController()
  // On a development machine the power button belongs to somebody else.
  if (logDriver === 'journald') void startHostDuties(supervisor, log, ending.signal)
  const signal = await endSignal()
  log.info(
    `${signal}: the supervisor ends${supervisor.goesDown ? '' : ', containers keep running'}`,
  )
  ending.abort()
  for (const server of servers) server.close()
  await supervisor.close()
  await hostServices.close()
  await logs.close()
  // Commands of exec go on without us, and must not be waited for.
  process.exit(0)
}

function parse(programArguments: readonly string[]): { directories: Directories } | 'help' {
  const text = { type: 'string' } as const
  const { values } = parseArgs({
    args: [...programArguments],
    options: {
      compose: text,
      settings: text,
      'release-images': text,
      state: text,
      runtime: text,
      cgroup: text,
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help === true) return 'help'
  return {
    directories: {
      compose: values.compose ?? hostDirectories.compose,
      settingsFile: values.settings ?? hostDirectories.settingsFile,
      releaseImagesFile: values['release-images'] ?? hostDirectories.releaseImagesFile,
      state: values.state ?? hostDirectories.state,
      runtime: values.runtime ?? hostDirectories.runtime,
      cgroup: values.cgroup ?? hostDirectories.cgroup,
    },
  }
}

/** How long a pull waits for the host's network. */
const networkTimeoutMs = 60_000

type HostSurroundings = Pick<SupervisorOptions, 'scope' | 'logDriver' | 'beforePull'>

/**
 * With systemd, scopes, the journal, and networkd's word on the network; without (a development
 * machine), none of them. See sd_booted(3).
 */
async function hostSurroundings(directories: Directories, log: Log): Promise<HostSurroundings> {
  try {
    await stat('/run/systemd/system')
    return {
      scope: systemdScope(directories),
      logDriver: 'journald',
      beforePull: async (signal) => {
        await networkIsUp({ timeoutMs: networkTimeoutMs, signal })
      },
    }
  } catch (error) {
    log.warning(`without systemd, logs go to files: ${describeError(error)}`)
    return { scope: directScope, logDriver: 'k8s-file', beforePull: async () => {} }
  }
}

/** Loaded when somebody asks: most supervisors are never asked. */
function hostDuties({ state }: Directories): HostDuties {
  return {
    facts: async () => (await import('../host/facts.ts')).readMachineFacts(state),
    updateStatus: async () => (await import('../update/status/sources.ts')).readUpdateStatus(),
    orderUpdate: async (order) => (await import('../update/agent/ask-agent.ts')).askAgent(order),
  }
}

function endSignal(): Promise<string> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve)
    process.once('SIGINT', resolve)
  })
}
