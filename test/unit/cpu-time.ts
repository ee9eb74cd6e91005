// How much a computation costs, whoever else uses the machine.

/** The CPU time that `act` takes in this thread, in ms. */
export function cpuTimeOf(act: () => void): number {
  const before = process.threadCpuUsage();
  act();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
