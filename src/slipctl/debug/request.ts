import { defaultProfile, unconfined } from '../../supervisor/apparmor/profile-of.ts'

/** What we use of `GET /containers/{id}/json`. */
export type Target = {
  readonly Id: string
  readonly Name: string
  readonly AppArmorProfile: string
  readonly State: { readonly Running: boolean; readonly Pid: number; readonly ExitCode: number }
}

export type Tools = {
  readonly image: string
  readonly command: readonly string[]
  /** Whether somebody sits at a terminal. */
  readonly terminal: boolean
}

/** By this label containers of `slipctl debug` are told from others: whose tools they are. */
export const debugLabel = 'slipway.debug'

/**
 * The container with the tools, as `POST /containers/create` takes it: in the namespaces of a target that
 * runs, and allowed to look into its processes, by which it sees its root. For one that has ended,
 * in namespaces of its own.
 */
export function besideContainer(target: Target, tools: Tools): object {
  const { Id, State, AppArmorProfile } = target
  const shared = `container:${Id}`
  return {
    ...common(tools, Id),
    HostConfig: {
      AutoRemove: true,
      ...(State.Running
        ? {
            NetworkMode: shared,
            PidMode: shared,
            IpcMode: shared,
            // The target's own is at /target/dev/shm, and may not be there at all.
            Tmpfs: { '/dev/shm': 'mode=1777' },
            CapAdd: ['SYS_PTRACE'],
            // Containers of the usual profile may look into each other; others it would not let us see.
            ...(AppArmorProfile === '' || AppArmorProfile === defaultProfile
              ? {}
              : { SecurityOpt: [`apparmor=${unconfined}`] }),
          }
        : { NetworkMode: 'none' }),
    },
  }
}

/** The same with the host for a target: root on the host in all but name. */
export function besideHost(tools: Tools): object {
  return {
    ...common(tools, 'host'),
    HostConfig: {
      AutoRemove: true,
      Privileged: true,
      NetworkMode: 'host',
      PidMode: 'host',
      UTSMode: 'host',
      UsernsMode: 'host',
      Binds: ['/:/target:rslave'],
    },
  }
}

function common({ image, command, terminal }: Tools, target: string): object {
  return {
    Image: image,
    Entrypoint: [],
    Cmd: command,
    User: '0',
    Tty: terminal,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Labels: { [debugLabel]: target },
  }
}
