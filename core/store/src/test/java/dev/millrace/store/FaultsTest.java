/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore;
import dev.millrace.api.ModelStore.Consent;
import dev.millrace.api.ModelStore.Kept;
import dev.millrace.api.ModelStore.Plan;
import dev.millrace.api.ModelStore.Transfer;
import dev.millrace.api.Progress;
import dev.millrace.store.TestHub.Asked;
import dev.millrace.store.TestHub.Fault;
import dev.millrace.store.fetch.Http;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What networks and servers do. Each ends in one sentence, and in a download that can go on. */
class FaultsTest {

    private static final String REFERENCE = "hf:Maker/Model:model.bin";
    private static final int SIZE = 10 * Bench.CHUNK + 123;

    @TempDir
    Path folder;

    private final TestHub hub = new TestHub();
    private final byte[] content = Bench.bytes(SIZE, 7);
    private Bench user = new Bench(Path.of("/nowhere"));

    @BeforeEach
    void make() {
        user = new Bench(folder);
        hub.put("Maker/Model", "model.bin", content);
    }

    @AfterEach
    void end() {
        hub.close();
    }

    private static boolean isContent(Asked request) {
        return request.server().equals("store");
    }

    private Kept pull() {
        return Bench.pull(user.hastyStore(), REFERENCE, hub.endpoint());
    }

    private void assertWhole(Kept kept) throws Exception {
        assertArrayEquals(content, Files.readAllBytes(kept.path()));
        assertEquals(List.of(), user.hastyStore().verify(kept.name(), Progress.NONE));
    }

    /** Faults of the first answers of each connection, after which the server is well again. */
    static Stream<Arguments> passing() {
        // each range once: whatever the order, none is cut off as often as it is asked for
        Set<String> cut = ConcurrentHashMap.newKeySet();
        return Stream.of(
                Arguments.of("cut off at once", (Function<Asked, Fault>) r -> cut.add(r.header("Range"))
                        ? new Fault.Cut(0)
                        : new Fault.None()),
                Arguments.of("cut off in the middle", (Function<Asked, Fault>) r -> new Fault.Cut(40_000)),
                Arguments.of("half-open", (Function<Asked, Fault>) r -> r.number() == 1
                        ? new Fault.Silence(1000)
                        : new Fault.None()),
                Arguments.of("429 with seconds", (Function<Asked, Fault>) r -> r.number() <= 2
                        ? new Fault.Status(429, "Retry-After: 1\r\n")
                        : new Fault.None()),
                Arguments.of("429 with a date that is over", (Function<Asked, Fault>) r -> r.number() <= 2
                        ? new Fault.Status(429, "Retry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n")
                        : new Fault.None()),
                Arguments.of("503", (Function<Asked, Fault>) r -> r.number() <= 3
                        ? new Fault.Status(503, "")
                        : new Fault.None()),
                Arguments.of("a signed address that is too old", (Function<Asked, Fault>) r -> r.number() == 2
                        ? new Fault.Status(403, "")
                        : new Fault.None()),
                Arguments.of("no ranges", (Function<Asked, Fault>) r -> new Fault.Whole()),
                Arguments.of("slow drips", (Function<Asked, Fault>) r -> new Fault.Drip(16_000, 5)),
                Arguments.of("damaged once", (Function<Asked, Fault>) r -> r.number() == 5
                        ? new Fault.Damage()
                        : new Fault.None()));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("passing")
    void passingFaultsAreOvercome(String name, Function<Asked, Fault> fault) throws Exception {
        hub.faults = request -> isContent(request) ? fault.apply(request) : new Fault.None();
        assertWhole(pull());
    }

    /** Faults that stay. */
    static Stream<Arguments> lasting() {
        return Stream.of(
                Arguments.of("401", "store", new Fault.Status(401, ""), "token"),
                Arguments.of("404", "store", new Fault.Status(404, ""), "There is no"),
                Arguments.of("403 of the hub", "hub", new Fault.Status(403, ""), "accept the model's terms"),
                Arguments.of("401 of the hub", "hub", new Fault.Status(401, ""), "HF_TOKEN"),
                Arguments.of("500", "store", new Fault.Status(500, ""), "500"),
                Arguments.of("429 for an hour", "store", new Fault.Status(429, "Retry-After: 3600\r\n"), "3600 s"),
                Arguments.of("429 of the hub", "hub", new Fault.Status(429, "Retry-After: 3600\r\n"), "later"),
                Arguments.of("silence", "store", new Fault.Silence(0), "nothing arrived"),
                Arguments.of("nothing but closed connections", "store", new Fault.Cut(0), "goes on where it stopped"),
                Arguments.of("a drip that never becomes a stream", "store", new Fault.Drip(1, 90), "hardly anything"),
                Arguments.of("a listing that drips", "hub", new Fault.Drip(1, 90), "hardly anything"),
                Arguments.of("a length that is no number", "store", new Fault.Length("abc"), "no HTTP"),
                Arguments.of("a length below nothing", "store", new Fault.Length("-5"), "content-length: -5"),
                Arguments.of("a length that no number holds", "store", new Fault.Length("9".repeat(30)),
                        "no HTTP"),
                Arguments.of("a listing of no length", "hub", new Fault.Length("x"), "no HTTP"),
                Arguments.of("a redirect to a port that is none", "hub",
                        new Fault.Status(302, "Location: http://127.0.0.1:99999/x\r\n"), "no HTTP"),
                Arguments.of("a redirect to no host", "hub", new Fault.Status(302, "Location: http:///x\r\n"),
                        "cannot be read"),
                Arguments.of("sizes that no disk has", "hub", new Fault.Body(
                        "{\"sha\":\"1\",\"siblings\":[{\"rfilename\":\"model.bin\",\"size\":9223372036854775807}]}"),
                        "not the list"),
                Arguments.of("other ranges", "store", new Fault.OtherRange(), "was asked for the bytes"),
                Arguments.of("longer than told", "store", new Fault.Longer(), "longer"),
                Arguments.of("damaged always", "store", new Fault.Damage(), "digest"),
                Arguments.of("redirects without end", "hub", new Fault.Status(302, "Location: /x\r\n"),
                        "without an end"),
                Arguments.of("a redirect to a file", "hub", new Fault.Status(302, "Location: file:///etc/passwd\r\n"),
                        "less safe"),
                Arguments.of("a page instead of the listing", "hub", new Fault.Body("<html>Log in</html>"),
                        "not the list"),
                Arguments.of("a listing of another kind", "hub", new Fault.Body("{\"sha\":\"1\",\"siblings\":[{}]}"),
                        "not the list"),
                Arguments.of("names that lead out", "hub", new Fault.Body(
                        "{\"sha\":\"1\",\"siblings\":[{\"rfilename\":\"../../x.gguf\",\"size\":1}]}"), "not the list"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("lasting")
    void lastingFaultsEndInOneSentenceAndTheDownloadGoesOnLater(String name, String server, Fault fault, String says)
            throws Exception {
        hub.faults = request -> request.server().equals(server) ? fault : new Fault.None();
        MillraceException e = assertThrows(MillraceException.class, this::pull);
        assertTrue(e.getMessage().contains(says), e::getMessage);
        assertFalse(e.getMessage().contains("secret"), "the signature of an address is nobody's business");
        assertTrue(e.getMessage().endsWith(".") && e.getMessage().lines().count() == 1, e::getMessage);
        assertEquals(List.of(), user.hastyStore().list());
        hub.faults = request -> new Fault.None();
        assertWhole(pull());
    }

    /** A listing with sizes alone is enough. */
    @Test
    void aMirrorThatTellsNoDigestsIsNoObstacle() throws Exception {
        hub.digests = false;
        assertWhole(pull());
    }

    @Test
    void whoWaitsIsToldForWhat() throws Exception {
        hub.faults = request -> isContent(request) && request.number() == 1
                ? new Fault.Status(429, "Retry-After: 1\r\n")
                : new Fault.None();
        Store store = user.hastyStore();
        List<String> told = new CopyOnWriteArrayList<>();
        assertWhole(store.pull(store.plan(Bench.wish(REFERENCE, hub.endpoint())), Consent.NONE,
                (what, done, total) -> told.add(what)));
        assertTrue(told.stream().anyMatch(what -> what.startsWith("waiting 1 s") && what.contains("429")),
                told::toString);
    }

    /** Room is needed for what is missing only: a disk that just holds the model must not keep it from being finished. */
    @Test
    void whatHasArrivedNeedsNoRoomAgain() throws Exception {
        Store store = user.hastyStore();
        Plan plan = store.plan(Bench.wish(REFERENCE, hub.endpoint()));
        ModelStore.Item item = plan.files().getFirst();
        long size = 1L << 42;
        Plan huge = new Plan(plan.wish(), plan.name(), plan.source(), plan.revision(),
                List.of(new ModelStore.Item(item.name(), size, item.digest(), item.place(), item.here())), plan.main(),
                plan.choice(), plan.licence(), plan.signer());
        StoreFolder kept = new StoreFolder(user.models());
        Path journal = kept.journal(Digests.of(item.digest() + " " + size));
        Files.createDirectories(journal.getParent());
        int chunk = 1 << 27;
        String identity = "1 " + size + " " + chunk + " -\n";
        try (Http http = new Http(hub.endpoint(), Optional.empty(), Bench.QUICK, Map.of())) {
            Pulling pulling = new Pulling(kept, http, huge, Transfer.NONE, chunk);
            Files.writeString(journal, identity + chunks(3) + "\n");
            MillraceException full = assertThrows(MillraceException.class, pulling::checkRoom);
            assertTrue(full.getMessage().contains("make room"), full::getMessage);
            Files.writeString(journal, identity + chunks(1 << 15) + "\n");
            pulling.checkRoom();
        }
    }

    private static String chunks(int count) {
        return IntStream.range(0, count).mapToObj(Integer::toString).collect(Collectors.joining("\n"));
    }

    @Test
    void whatHasArrivedIsNotFetchedAgain() throws Exception {
        AtomicInteger answers = new AtomicInteger();
        hub.faults = request -> isContent(request) && answers.incrementAndGet() > 6
                ? new Fault.Status(404, "")
                : new Fault.None();
        assertThrows(MillraceException.class, this::pull);
        hub.faults = request -> new Fault.None();
        long before = hub.bytesSent.get();
        assertWhole(pull());
        long again = hub.bytesSent.get() - before;
        assertTrue(again <= SIZE - 4L * Bench.CHUNK + 2000, () -> again + " of " + SIZE + " bytes were fetched again");
    }

    @Test
    void whoWaitsForTheDescriptionIsToldForWhom() {
        hub.faults = request -> request.number() == 1 && !isContent(request)
                ? new Fault.Status(429, "Retry-After: 1\r\n")
                : new Fault.None();
        List<String> told = new ArrayList<>();
        Plan plan = user.hastyStore().plan(Bench.wish(REFERENCE, hub.endpoint()), (what, done, total) -> {
            assertEquals(0, total);
            told.add(what);
        });
        assertEquals(SIZE, plan.size());
        assertEquals("asking 127.0.0.1", told.getFirst());
        assertTrue(told.get(1).startsWith("waiting 1 s and trying again: 127.0.0.1 asks to come back later"),
                told::toString);
        assertThrows(CancellationException.class,
                () -> user.hastyStore().plan(Bench.wish(REFERENCE, hub.endpoint()), (what, done, total) -> {
                    throw new CancellationException("Cancelled.");
                }));
    }

    @Test
    void aCancelledDownloadGoesOnLater() throws Exception {
        Store store = user.hastyStore();
        Plan plan = store.plan(Bench.wish(REFERENCE, hub.endpoint()));
        assertThrows(CancellationException.class, () -> store.pull(plan, Consent.NONE, (what, done, total) -> {
            if (done > SIZE / 2) {
                throw new CancellationException("Cancelled.");
            }
        }));
        long before = hub.bytesSent.get();
        assertWhole(store.pull(plan, Consent.NONE, Transfer.NONE));
        assertTrue(hub.bytesSent.get() - before < SIZE, "some of it was here");
    }

    @Test
    void anotherContentIsNotGoneOnWith() throws Exception {
        hub.faults = request -> isContent(request) && request.number() > 3
                ? new Fault.Status(404, "")
                : new Fault.None();
        assertThrows(MillraceException.class, this::pull);
        byte[] other = Bench.bytes(SIZE, 8);
        hub.put("Maker/Model", "model.bin", other);
        hub.faults = request -> new Fault.None();
        assertArrayEquals(other, Files.readAllBytes(pull().path()));
    }

    @Test
    void anAddressWhoseContentChangesMeanwhileIsRefused() {
        Store store = user.hastyStore();
        Plan plan = store.plan(Bench.wish(hub.endpoint() + "/Maker/Model/resolve/main/model.bin", hub.endpoint()));
        hub.put("Maker/Model", "model.bin", Bench.bytes(SIZE, 8));
        MillraceException e = assertThrows(MillraceException.class,
                () -> store.pull(plan, Consent.NONE, Transfer.NONE));
        assertTrue(e.getMessage().contains("has changed"), e::getMessage);
    }

    /** As hotels and proxies answer, and what people copy from their browser. */
    @Test
    void aPageIsNoModel() {
        hub.faults = request -> new Fault.Body("<html></html>", "Content-Type: text/html; charset=utf-8\r\n");
        String address = hub.endpoint() + "/Maker/Model";
        MillraceException e = assertThrows(MillraceException.class,
                () -> Bench.pull(user.hastyStore(), address, hub.endpoint()));
        assertTrue(e.getMessage().contains("is a page"), e::getMessage);
        assertEquals(List.of(), user.hastyStore().list());
    }

    @Test
    void aPasswordInAnAddressIsRefusedAndNotRepeated() {
        String address = "http://user:geheim@127.0.0.1:1/model.gguf";
        MillraceException e = assertThrows(MillraceException.class,
                () -> Bench.pull(user.hastyStore(), address, hub.endpoint()));
        assertTrue(e.getMessage().contains("--token-file") && !e.getMessage().contains("geheim"), e::getMessage);
        assertEquals(List.of(), hub.asked);
    }

    @Test
    void aServerThatIsNotThereIsToldInOneSentence() {
        hub.close();
        MillraceException e = assertThrows(MillraceException.class, this::pull);
        assertTrue(e.getMessage().contains("4 tries (nobody answers there)"), e::getMessage);
    }

    @Test
    void aNameThatNobodyKnowsIsToldSo() {
        MillraceException e = assertThrows(MillraceException.class,
                () -> Bench.pull(user.hastyStore(), REFERENCE, URI.create("http://hub.invalid")));
        assertTrue(e.getMessage().contains("nobody here knows its name"), e::getMessage);
    }

    @Test
    void whatDidNotEndIsListedAndMayBeRemoved() throws Exception {
        hub.faults = request -> isContent(request) && !request.header("Range").startsWith("bytes=0-")
                ? new Fault.Status(404, "")
                : new Fault.None();
        Store store = user.store();
        assertThrows(MillraceException.class, () -> Bench.pull(store, REFERENCE, hub.endpoint()));
        ModelStore.Unfinished left = store.unfinished().getFirst();
        assertEquals("model.bin", left.name());
        assertEquals(REFERENCE, left.source());
        assertEquals(SIZE, left.size());
        assertTrue(left.arrived() <= Bench.CHUNK, left::toString);
        assertEquals(left.arrived(), store.forgetUnfinished());
        assertEquals(List.of(), store.unfinished());
        hub.faults = request -> new Fault.None();
        Bench.pull(store, REFERENCE, hub.endpoint());
        assertEquals(List.of(), store.unfinished());
        try (Stream<Path> files = Files.list(user.models().resolve("partial"))) {
            assertEquals(0, files.count());
        }
    }
}
