/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ModelStore.Kept;
import dev.millrace.api.Progress;
import dev.millrace.store.TestHub.Fault;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that fetches is killed at any moment, again and again. The build does so five times; {@code -Dmillrace.kills=50} does it
 * more often.
 */
class KillTest {

    private static final int SIZE = 3_000_000;

    @TempDir
    Path folder;

    /** What the killed process runs. */
    public static final class Child {

        private Child() {
        }

        /**
         * Fetches.
         *
         * @param arguments home folder and endpoint
         */
        public static void main(String[] arguments) {
            Store store = new Bench(Path.of(arguments[0])).store();
            System.out.println("begins");
            System.out.flush();
            Bench.pull(store, "hf:Maker/Model:model.bin", URI.create(arguments[1]));
            System.out.println("done");
        }
    }

    @Test
    void killedAtAnyMomentItGoesOnWhereItWas() throws Exception {
        int kills = Integer.getInteger("millrace.kills", 5);
        Random random = new Random(kills);
        byte[] content = Bench.bytes(SIZE, 1);
        try (TestHub hub = new TestHub()) {
            hub.put("Maker/Model", "model.bin", content);
            hub.faults = request -> request.server().equals("store") ? new Fault.Drip(4096, 1) : new Fault.None();
            int killed = 0;
            for (int i = 0; i < kills; i++) {
                Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName(),
                        folder.toString(), hub.endpoint().toString()).redirectErrorStream(true)
                        .redirectOutput(folder.resolve("log" + i).toFile()).start();
                // somewhere between its start and its end; also after it
                if (!child.waitFor(200 + random.nextInt(900), TimeUnit.MILLISECONDS)) {
                    child.destroyForcibly().waitFor();
                    killed++;
                }
                for (Kept kept : new Bench(folder).store().list()) {
                    assertEquals(List.of(), new Bench(folder).store().verify(kept.name(), Progress.NONE));
                }
            }
            hub.faults = request -> new Fault.None();
            Bench user = new Bench(folder);
            Kept kept = Bench.pull(user.store(), "hf:Maker/Model:model.bin", hub.endpoint());
            assertArrayEquals(content, Files.readAllBytes(kept.path()));
            assertTrue(killed > 0, "no process was killed");
            // per kill each of four connections may lose the chunk that it was reading, and what was on its way
            long most = SIZE + (long) kills * 4 * (Bench.CHUNK + 600_000L);
            assertTrue(hub.bytesSent.get() <= most, () -> hub.bytesSent + " bytes were sent, at most " + most);
            user.store().remove(kept.name());
            try (var blobs = Files.list(user.models().resolve("blobs"))) {
                assertEquals(0, blobs.count());
            }
        }
    }
}
