import { homeFiles } from './machine-home.ts';

/** OpenSSH puts 17 characters behind the name of a socket while it makes it, Ansible names it by ten, and 108 is all there is room for. */
const longestSocketFolder = 78;

/** Settings that the repository's own `ansible.cfg` cannot change: what we read, and what keeps runs apart. */
export function ansibleEnvironment(directory: string): Record<string, string> {
  const { sockets, home } = homeFiles(directory);
  const shares = Buffer.byteLength(sockets) <= longestSocketFolder;
  return {
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_FORCE_COLOR: '0',
    ANSIBLE_NOCOWS: '1',
    ANSIBLE_STDOUT_CALLBACK: 'default',
    ANSIBLE_CALLBACK_RESULT_FORMAT: 'json',
    ANSIBLE_RETRY_FILES_ENABLED: '0',
    ANSIBLE_HOST_KEY_CHECKING: '1',
    ANSIBLE_PIPELINING: '1',
    ANSIBLE_HOME: `${home}/.ansible`,
    ANSIBLE_LOCAL_TEMP: `${home}/.ansible/tmp`,
    // Python holds back what it prints into a file; people watch it.
    PYTHONUNBUFFERED: '1',
    ...(shares ? { ANSIBLE_SSH_CONTROL_PATH_DIR: sockets } : { ANSIBLE_SSH_ARGS: '-C -o ControlMaster=no' }),
  };
}
