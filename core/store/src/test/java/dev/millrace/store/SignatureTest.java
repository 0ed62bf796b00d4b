/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore.Consent;
import dev.millrace.api.ModelStore.Kept;
import dev.millrace.api.ModelStore.Plan;
import dev.millrace.api.ModelStore.Transfer;
import dev.millrace.api.ModelStore.Trust;
import dev.millrace.api.ModelStore.Wish;
import dev.millrace.api.Progress;
import dev.millrace.store.trust.SignedFiles;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who signed a model, and what follows from it. */
class SignatureTest {

    private static final String REFERENCE = "hf:Maker/Model:model.bin";

    @TempDir
    Path folder;

    private final TestHub hub = new TestHub();
    private final byte[] content = Bench.bytes(5000, 2);
    private Bench user = new Bench(Path.of("/nowhere"));
    private String privateKey = "";

    private static String pem(String kind, byte[] key) {
        return "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder(64, new byte[]{'\n'}).encodeToString(key)
                + "\n-----END " + kind + "-----\n";
    }

    @BeforeEach
    void make() throws Exception {
        user = new Bench(folder);
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        privateKey = pem("PRIVATE KEY", pair.getPrivate().getEncoded());
        Path trust = Files.createDirectories(folder.resolve(".config/millrace/trust"));
        Files.writeString(trust.resolve("maker.pem"), pem("PUBLIC KEY", pair.getPublic().getEncoded()));
        hub.put("Maker/Model", "model.bin", content);
    }

    @AfterEach
    void end() {
        hub.close();
    }

    private Plan plan(@Nullable Trust trust) {
        return user.store().plan(new Wish(REFERENCE, null, hub.endpoint(), null, 0, 4, trust));
    }

    private void signed(Map<String, String> digests, String key) {
        hub.put("Maker/Model", SignedFiles.FILE,
                SignedFiles.sign(SignedFiles.Kind.MODEL, digests, key).toJson().getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aTrustedSignatureIsEnough() {
        signed(Map.of("model.bin", TestHub.sha256(content)), privateKey);
        Plan plan = plan(Trust.REFUSE);
        assertEquals(Optional.of("maker"), plan.signer());
        Kept kept = user.store().pull(plan, Consent.NONE, Transfer.NONE);
        assertEquals("maker", kept.facts().get("signedBy"));
    }

    @Test
    void withoutOneTheRuleDecides() {
        MillraceException refused = assertThrows(MillraceException.class,
                () -> user.store().pull(plan(Trust.REFUSE), question -> true, Transfer.NONE));
        assertTrue(refused.getMessage().contains("refuse"), refused::getMessage);
        List<String> asked = new ArrayList<>();
        assertThrows(MillraceException.class, () -> user.store().pull(plan(Trust.ASK), question -> {
            asked.add(question);
            return false;
        }, Transfer.NONE));
        assertTrue(asked.getFirst().contains("Fetch it?"), asked::toString);
        assertEquals(List.of(), user.store().list());
        user.store().pull(plan(Trust.ASK), question -> true, Transfer.NONE);
        user.variables().put("MILLRACE_TRUST", "refuse");
        user.store().remove("model.bin");
        assertThrows(MillraceException.class, () -> user.store().pull(plan(null), question -> true, Transfer.NONE));
    }

    @Test
    void aSignatureForOtherBytesIsRefusedAlways() {
        signed(Map.of("model.bin", "0".repeat(64)), privateKey);
        MillraceException e = assertThrows(MillraceException.class, () -> plan(Trust.ALLOW));
        assertTrue(e.getMessage().contains("signature"), e::getMessage);
        hub.put("Maker/Model", SignedFiles.FILE, "{}".getBytes(StandardCharsets.UTF_8));
        assertThrows(MillraceException.class, () -> plan(Trust.ALLOW));
    }

    @Test
    void smallFilesAreProvedWhenTheyAreHere() {
        hub.large = 1 << 20; // none has a SHA-256 in the listing
        signed(Map.of("model.bin", "0".repeat(64)), privateKey);
        MillraceException e = assertThrows(MillraceException.class,
                () -> user.store().pull(plan(Trust.REFUSE), Consent.NONE, Transfer.NONE));
        assertTrue(e.getMessage().contains("is not for model.bin"), e::getMessage);
        assertEquals(List.of(), user.store().list());
    }

    /** As on a stick that goes from hand to hand. */
    @Test
    void whatIsImportedIsJudgedBySignatureAndRule() throws Exception {
        Path key = Files.writeString(folder.resolve("key.pem"), privateKey);
        Path stick = folder.resolve("stick");
        Bench.gguf(folder);
        user.store().link(folder.resolve("tiny.gguf"), "mine", Progress.NONE);
        user.store().export("mine", stick, key, Progress.NONE);
        user.store().remove("mine");
        for (Path path : List.of(stick, stick.resolve("tiny.gguf"))) {
            Kept kept = user.store().link(path, "signed", Trust.REFUSE, Consent.NONE, Progress.NONE);
            assertEquals("maker", kept.facts().get("signedBy"));
            user.store().remove("signed");
        }
        assertThrows(MillraceException.class, () -> user.store().link(folder.resolve("tiny.gguf"), "plain",
                Trust.REFUSE, Consent.NONE, Progress.NONE));
        List<String> asked = new ArrayList<>();
        assertThrows(MillraceException.class,
                () -> user.store().link(folder.resolve("tiny.gguf"), "plain", Trust.ASK, question -> {
                    asked.add(question);
                    return false;
                }, Progress.NONE));
        assertTrue(asked.getFirst().contains("not signed"), asked::toString);
        user.variables().put("MILLRACE_TRUST", "refuse");
        assertThrows(MillraceException.class,
                () -> user.store().link(folder.resolve("tiny.gguf"), "plain", Progress.NONE));
        byte[] bytes = Files.readAllBytes(stick.resolve("tiny.gguf"));
        bytes[bytes.length - 1] ^= 1;
        Files.write(stick.resolve("tiny.gguf"), bytes);
        for (Path path : List.of(stick, stick.resolve("tiny.gguf"))) {
            MillraceException e = assertThrows(MillraceException.class,
                    () -> user.store().link(path, "signed", Trust.ALLOW, Consent.NONE, Progress.NONE));
            assertTrue(e.getMessage().contains("is not for tiny.gguf"), e::getMessage);
        }
        assertEquals(List.of(), user.store().list());
    }

    @Test
    void anotherKeyIsNobodys() throws Exception {
        KeyPair other = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        signed(Map.of("model.bin", TestHub.sha256(content)), pem("PRIVATE KEY", other.getPrivate().getEncoded()));
        assertEquals(Optional.empty(), plan(Trust.ALLOW).signer());
    }

    @Test
    void anExportIsSignedAndASignatureCannotBeChanged() throws Exception {
        Path key = Files.writeString(folder.resolve("key.pem"), privateKey);
        Path file = folder.resolve("m/tiny.gguf");
        Files.createDirectories(folder.resolve("m"));
        Bench.gguf(folder.resolve("m"));
        user.store().link(file, "mine", Progress.NONE);
        user.store().export("mine", folder.resolve("out"), key, Progress.NONE);
        SignedFiles signed = SignedFiles.fromJson(SignedFiles.Kind.MODEL,
                Files.readString(folder.resolve("out").resolve(SignedFiles.FILE)));
        String trusted = Files.readString(folder.resolve(".config/millrace/trust/maker.pem"));
        assertTrue(signed.isBy(trusted));
        SignedFiles changed = new SignedFiles(SignedFiles.Kind.MODEL, Map.of("tiny.gguf", "1".repeat(64)),
                signed.signature());
        assertFalse(changed.isBy(trusted));
        assertThrows(MillraceException.class, () -> SignedFiles.sign(SignedFiles.Kind.MODEL, Map.of(), "no key"));
    }
}
