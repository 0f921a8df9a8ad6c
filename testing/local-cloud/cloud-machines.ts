/** What the machine of an instance is told when it is started. */
export interface CloudMachine {
  readonly id: string;
  readonly privateIp: string;
  /** Missing: the instance has none. */
  readonly publicIp?: string | undefined;
  /** Decoded; empty when none was given. */
  readonly userData: Uint8Array;
  readonly keyName?: string | undefined;
  /** One line, as in `authorized_keys`; missing without a key pair. */
  readonly publicKey?: string | undefined;
  readonly type: string;
  readonly imageId: string;
  readonly tags: Readonly<Record<string, string>>;
  /** IMDSv2 only. */
  readonly tokensRequired: boolean;
  readonly hopLimit: number;
  /** False: the metadata service does not answer at all. */
  readonly metadataEnabled: boolean;
}

export interface StartedMachine {
  /** Where it really is; missing: where it was told to be. */
  readonly addresses?: { readonly privateIp?: string; readonly publicIp?: string };
  /** Resolves when the machine ended by itself (`poweroff`, a crash). */
  readonly ended: Promise<void>;
}

/** What makes instances real. An instance is `running` once `start` or `startAgain` resolved; rejected: it never came up. */
export interface CloudMachines {
  start(machine: CloudMachine): Promise<StartedMachine>;
  /** Keeps the disk. */
  stop(id: string): Promise<void>;
  /** The same disk; its public address, if it has one, is another one than before. */
  startAgain(id: string, changes: { readonly publicIp: string | undefined }): Promise<StartedMachine>;
  /** Nothing is left when it resolves. Also called for a machine whose start failed; never while another call for it is under way. */
  terminate(id: string): Promise<void>;
  consoleOutput(id: string): Promise<string>;
}

export interface MemoryMachines extends CloudMachines {
  /** Machines that are there, with what they were told. */
  readonly machines: ReadonlyMap<string, CloudMachine>;
  /** From now on machines come up only when `boot` is called. */
  hold(): void;
  /** Lets all that wait come up now, and later ones at once. */
  boot(): void;
  /** The next machine does not come up. */
  failNext(reason: string): void;
  /** The machine ends by itself. */
  end(id: string): void;
  /** What `consoleOutput` answers from now on. */
  print(id: string, text: string): void;
}

/** Machines that only remember: for tests that need no Linux behind an instance. */
export function memoryMachines(): MemoryMachines {
  const machines = new Map<string, CloudMachine>();
  const printed = new Map<string, string>();
  const ends = new Map<string, () => void>();
  const failures: string[] = [];
  let gate = Promise.withResolvers<void>();
  gate.resolve();

  const comeUp = async (id: string): Promise<StartedMachine> => {
    const failure = failures.shift();
    await gate.promise;
    if (failure !== undefined) throw new Error(failure);
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    ends.set(id, resolve);
    return { ended };
  };
  return {
    machines,
    start(machine) {
      machines.set(machine.id, machine);
      return comeUp(machine.id);
    },
    stop: async (id) => void ends.delete(id),
    startAgain: comeUp,
    async terminate(id) {
      ends.delete(id);
      machines.delete(id);
    },
    consoleOutput: async (id) => printed.get(id) ?? '',
    hold: () => {
      gate = Promise.withResolvers<void>();
    },
    boot: () => gate.resolve(),
    failNext: (reason) => void failures.push(reason),
    end: (id) => ends.get(id)?.(),
    print: (id, text) => void printed.set(id, text),
  };
}
