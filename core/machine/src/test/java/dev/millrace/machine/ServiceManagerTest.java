/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a service tells who started it, read at a socket as systemd has it. */
final class ServiceManagerTest {

    private static final String ABSTRACT = "@millrace-test-" + ProcessHandle.current().pid();

    @TempDir
    Path folder;

    private static ServiceManager at(String socket) {
        return ServiceManager.of(Map.of("NOTIFY_SOCKET", socket), 1);
    }

    private void tellsAll(String name) {
        try (NotifySocket socket = NotifySocket.bind(name)) {
            ServiceManager manager = at(name);
            manager.ready("serving nano");
            assertEquals("READY=1\nSTATUS=serving nano\n", socket.receive());
            manager.alive("1 answer");
            assertEquals("WATCHDOG=1\nSTATUS=1 answer\n", socket.receive());
            manager.status("nano is lost: größer\nREADY=1\0");
            assertEquals("STATUS=nano is lost: größer READY=1 \n", socket.receive());
            manager.stopping();
            assertEquals("STOPPING=1\n", socket.receive());
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void tellsASocketWithAPath() {
        tellsAll(folder.resolve("notify").toString());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void tellsASocketThatIsNoFile() {
        tellsAll(ABSTRACT);
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aPathOfTheGreatestLength() {
        String name = folder + "/" + "n".repeat(106 - folder.toString().length());
        tellsAll(name);
        assertThrows(IOException.class, () -> DatagramSocket.send(name + "n", new byte[1]));
    }

    @ParameterizedTest
    @EnabledOnOs(OS.LINUX)
    @ValueSource(strings = {"/no/such/socket", "@millrace-nobody-listens", "vsock:2:1234", "relative", "/", "@"})
    void whatCannotBeToldIsLoggedOnce(String socket) {
        List<String> logged = new ArrayList<>();
        Handler handler = new Handler() {

            @Override
            public void publish(LogRecord line) {
                logged.add(line.getMessage());
            }

            @Override
            public void flush() {
            }

            @Override
            public void close() {
            }
        };
        Logger logger = Logger.getLogger(ServiceManager.class.getName());
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        try {
            ServiceManager manager = at(socket);
            manager.ready("");
            manager.alive("");
            manager.stopping();
        } finally {
            logger.setUseParentHandlers(true);
            logger.removeHandler(handler);
        }
        assertEquals(1, logged.size(), logged::toString);
        assertTrue(logged.getFirst().contains(socket), logged::toString);
    }

    @Test
    void withoutOneNothingIsTold() {
        ServiceManager manager = ServiceManager.of(Map.of("WATCHDOG_USEC", "1000000"), 1);
        assertEquals(Optional.empty(), manager.patience());
        manager.ready("");
        manager.stopping();
    }

    @ParameterizedTest
    @CsvSource(value = {"30000000,7,PT30S", "30000000,'',PT30S", "30000000,8,none", "0,7,none", "-1,7,none", "x,7,none",
            "999999999999999999999,7,none", "'',7,none", "1,7,PT0.000001S"})
    void signsOfLifeAreAwaitedFromThisProcess(String microseconds, String process, String patience) {
        ServiceManager manager = ServiceManager.of(
                Map.of("NOTIFY_SOCKET", "/run/notify", "WATCHDOG_USEC", microseconds, "WATCHDOG_PID", process), 7);
        assertEquals(patience, manager.patience().map(Duration::toString).orElse("none"));
    }
}
