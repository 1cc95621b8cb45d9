import { Session } from 'node:inspector';

/** A site in the tree of calls. */
export interface Node {
  readonly callFrame: { readonly functionName: string; readonly url: string };
  readonly selfSize: number;
  readonly children: readonly Node[];
}

/** Where memory is allocated while some work is done. */
export async function allocations(work: () => Promise<unknown>): Promise<Node> {
  const session = new Session();
  session.connect();
  const post = (method: string, params = {}): Promise<{ profile: { head: Node } }> =>
    new Promise((resolve, reject) =>
      session.post(method, params, (error: Error | null, result?: object) => {
        if (error === null) resolve(result as { profile: { head: Node } });
        else reject(error);
      }),
    );
  await post('HeapProfiler.startSampling', {
    samplingInterval: 4_096,
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await work();
  return (await post('HeapProfiler.stopSampling')).profile.head;
}

/** The sites that allocate most, in bytes for each of so many calls. */
export function printAllocations(head: Node, calls: number): void {
  const bySite = new Map<string, number>();
  const visit = (node: Node, caller: string): void => {
    const { functionName, url } = node.callFrame;
    const file = url.split('/').slice(-2).join('/');
    const site = url === '' ? `${functionName} < ${caller}` : `${functionName} ${file}`;
    bySite.set(site, (bySite.get(site) ?? 0) + node.selfSize);
    for (const child of node.children) visit(child, site);
  };
  visit(head, '');
  const rows = [...bySite].sort((a, b) => b[1] - a[1]);
  const total = rows.reduce((sum, [, size]) => sum + size, 0);
  console.log(`${(total / calls / 1_024).toFixed(1)} KB allocated a call`);
  for (const [site, size] of rows.slice(0, 60)) {
    console.log(`${(size / calls).toFixed(0).padStart(7)}  ${site}`);
  }
}
