import type { MeasuredConfig } from './configs.ts'

/** The accounts of a host: files belong to root of the target. */
export const hostFiles: Readonly<Record<string, string>> = {
  'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n',
  'etc/group': 'root:x:0:\n',
  'etc/selinux/config': 'SELINUX=disabled\n',
}

/** Ours: all that the unit of the initrd runs, which is one process. */
export function ourLines(program: string, config: string): string {
  return `IGNITION_CONFIG_FILE=$work/${config}.ign ${program} ignition --platform=file --stage=all-offline --root=$root \
    --config-cache=$run/config --state-file=$run/state --neednet=$run/neednet`
}

/**
 * The reference: a process for each stage, as its units run them where no network is needed. Its stage of files ends with
 * a failure here, since no systemd runs that it could ask, after all that is measured was done.
 */
export function referenceLines(config: string): string {
  const stage = (name: string) =>
    `IGNITION_CONFIG_FILE=$work/${config}.ign ${referenceProgram} --platform=file --stage=${name} --root=$root \
      --config-cache=$run/config --state-file=$run/state --neednet=$run/neednet --log-to-stdout`
  return [
    stage('fetch-offline'),
    stage('disks'),
    stage('mount'),
    `{ ${stage('files')} >$run/files.log || grep -q 'failed to handle relabeling\\|dial unix' $run/files.log; }`,
    stage('umount'),
  ].join(' &&\n')
}

/** A script that prints the microseconds that a start of our program takes. */
export function startOf(program: string): string {
  return `before=$EPOCHREALTIME
${program} ignition -version >/dev/null || exit 1
after=$EPOCHREALTIME
echo $((\${after/[.,]/} - \${before/[.,]/}))`
}

/** Where Debian's package has it: its initrd generators copy it from there. */
const referenceProgram = '/usr/lib/dracut/modules.d/30ignition/ignition'

/**
 * A script that copies the host, has it provisioned, and prints the microseconds that this took; its first argument
 * is the directory of all this. Fails when the config was not carried out. It is run where no file has the name of an array,
 * which mdadm would take for the array.
 */
export function provisionedBy(lines: string, { proof = '' }: MeasuredConfig): string {
  return `set -eu
work=$1 root=$1/root run=$1/ignition-run
rm -rf "$root" "$run"
cp -a "$work/host" "$root"
mkdir "$run"
cd "$run"
before=$EPOCHREALTIME
{
${lines}
} >"$run/out" 2>"$run/err" || { cat "$run/err" "$run/out" >&2; exit 1; }
after=$EPOCHREALTIME
${proof}
echo $((\${after/[.,]/} - \${before/[.,]/}))`
}
