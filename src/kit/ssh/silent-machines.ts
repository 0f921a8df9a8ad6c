import type { Breakage } from '../../domain/observation.ts';

/**
 * Machines that have never answered within the time they may take to boot, by the name of their claim: who knocks at them tells it, who
 * made them takes them for broken. It begins empty with each process, and the next one that knocks finds out again.
 */
export type SilentMachines = Map<string, Breakage>;
