import type { JsonObject } from './json.ts';
import type { Argv, EnvValue } from './recipe.ts';

/** A machine for each environment: middleware on it by user-data, configured, deployed to, named in the DNS. */
export interface MachineRecipe {
  readonly target: 'machine';
  readonly machine: MachineChoice;
  /** Size of the tmpfs at `/mem` that holds dump and databases; missing: they lie on the disk. */
  readonly memoryDiskMb?: number;
  /** Containers of the machine's own Docker Engine, by name. */
  readonly services: Readonly<Record<string, MachineServiceRecipe>>;
  /** How long the machine may take from its boot until all services answer. */
  readonly servicesLimitMs: number;
  /** Missing: the machine's image brings all that the deploy needs. */
  readonly configure?: AnsibleRecipe;
  readonly deploy: CapistranoRecipe | ShellRecipe;
  /** Names people open, each with the port that serves it on the machine. */
  readonly endpoints: Readonly<Record<string, { readonly port: number }>>;
  /** Asked of each endpoint after a deploy. */
  readonly health: {
    readonly path: string;
    readonly status: number;
    readonly revisionHeader?: string;
    readonly timeLimitMs: number;
  };
  /** For what runs on our side: `ansible-playbook`, `cap`, scripts. */
  readonly env: Readonly<Record<string, EnvValue>>;
}

/** One entry under `machines` of `wizard.yml`, without its secrets. */
export interface MachineChoice {
  /** Its name there. */
  readonly name: string;
  /** Kind of resource: `ec2`, `ssh-pool`. */
  readonly kind: string;
  /** What its driver is told, beside the name and the user-data. */
  readonly spec: JsonObject;
  readonly user: string;
  readonly port: number;
  /** How long it may take until its SSH server answers. */
  readonly bootLimitMs: number;
  /** How long its host keys are waited for once it answers, before the one that it shows is believed. */
  readonly hostKeyWaitMs: number;
}

export interface MachineServiceRecipe {
  /** As in `docker run`: `mysql:5.6`. */
  readonly image: string;
  /** Published on the machine under the same number. */
  readonly port: number;
  readonly env: Readonly<Record<string, EnvValue>>;
  /** A file for the image's configuration directory. */
  readonly config?: string;
  /** Data source of `wizard.yml` whose dump the first start loads. */
  readonly data?: { readonly source: string; readonly from: DumpOrigin };
}

/** Where a machine gets its dump. `baked`: an image of ours that already holds the data. */
export type DumpOrigin =
  | {
      readonly by: 'mysqldump';
      readonly host: string;
      readonly port: number;
      readonly user: string;
      /** Name under `secrets`. */
      readonly password: EnvValue;
      readonly database: string;
      readonly options: readonly string[];
    }
  | { readonly by: 'url'; readonly url: EnvValue }
  /** By a URL that is signed when it is sent. The place only tells one dump from another. */
  | { readonly by: 's3'; readonly source: string; readonly place: string }
  | { readonly by: 'baked'; readonly repository: string };

export interface AnsibleRecipe {
  readonly by: 'ansible';
  /** Missing: the playbook is in the application's own repository. */
  readonly repository?: { readonly name: string; readonly branch: string };
  readonly playbook: string;
  /** The inventory's group that the machine is in. */
  readonly group: string;
  readonly variables: JsonObject;
  /** `machine`: side by side with the services; `services`: when they answer. */
  readonly after: 'machine' | 'services';
  readonly timeLimitMs: number;
}

export interface CapistranoRecipe {
  readonly by: 'capistrano';
  /** Run in the checkout: `['cap', 'production', 'deploy']`. */
  readonly run: Argv;
  /** Whom the deploy signs in as. */
  readonly user: string;
  readonly roles: readonly string[];
  /** `environment`: the repository's own files read `WIZARD_*`; otherwise the file whose `server` and `branch` lines are rewritten. */
  readonly told: 'environment' | { readonly rewrite: string };
  /** On the machine, where Capistrano leaves the commit: `/var/www/app/current/REVISION`. */
  readonly revisionFile: string;
  readonly timeLimitMs: number;
}

/** The operator's own script, run in the checkout on our side; it reaches the machine with the `ssh` of its environment. */
export interface ShellRecipe {
  readonly by: 'shell';
  readonly run: Argv;
  readonly user: string;
  /** Missing: that the script ends well is all the proof there is. */
  readonly revisionFile?: string;
  readonly timeLimitMs: number;
}
