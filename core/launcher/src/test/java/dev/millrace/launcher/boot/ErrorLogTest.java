/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.osgi.service.log.FormatterLogger;
import org.osgi.service.log.Logger;

final class ErrorLogTest {

    private final List<String> told = new ArrayList<>();
    private final ErrorLog.Loggers log = new ErrorLog(told::add, false).new Loggers("valve");

    private static IllegalStateException thrown(String message) {
        IllegalStateException thrown = new IllegalStateException(message);
        thrown.setStackTrace(new StackTraceElement[]{
                new StackTraceElement("java.util.Objects", "requireNonNull", "Objects.java", 9),
                new StackTraceElement("x.Valve", "open", "Valve.java", 17)});
        return thrown;
    }

    @Test
    void whatIsThrownIsOneSentence() {
        Logger logger = log.getLogger("x.Valve");
        logger.error("The activate method has thrown an exception", thrown("No serial port is there."));
        assertEquals(List.of(
                "The component x.Valve of the bundle valve fails: No serial port is there (IllegalStateException in x.Valve.open,"
                        + " line 17)."),
                told);
    }

    @Test
    void whatIsWrappedIsToldByItsCause() {
        log.getLogger("x.Valve").error("It failed", new InvocationTargetException(thrown("No port")));
        log.getLogger("x.Valve").error("It failed", new ExceptionInInitializerError(thrown("No bus")));
        assertEquals(List.of("The component x.Valve of the bundle valve fails: No port (IllegalStateException in"
                + " x.Valve.open, line 17).",
                "The component x.Valve of the bundle valve fails: No bus"
                        + " (IllegalStateException in x.Valve.open, line 17)."),
                told);
    }

    @Test
    void aValueThatIsNoNumberIsToldAsSuch() {
        // what reads configurations keeps the words of the cause alone
        RuntimeException read = new RuntimeException("java.lang.NumberFormatException: For input string: \"abc\"");
        log.getLogger("x.Valve").error("It failed", read);
        assertTrue(told.getFirst().startsWith("The component x.Valve of the bundle valve fails: "), told::toString);
        read.setStackTrace(new StackTraceElement[]{new StackTraceElement(
                "org.apache.felix.scr.impl.inject.internal.Annotations$Handler", "invoke", "Annotations.java", 379)});
        log.getLogger("x.Valve").error("It failed", read);
        assertEquals("The component x.Valve of the bundle valve is configured by \"abc\", where a number belongs:"
                + " correct that in its configuration.", told.getLast());
    }

    @Test
    void whatHasNoMessageIsToldByItsType() {
        Exception bare = new NullPointerException();
        bare.setStackTrace(new StackTraceElement[0]);
        log.getLogger("valve").error("It failed", bare);
        assertEquals(List.of("The bundle valve fails: NullPointerException."), told);
    }

    @Test
    void theSameSentenceIsToldOnce() {
        for (int i = 0; i < 3; i++) {
            log.getLogger("valve").error("It failed", thrown("No port"));
        }
        assertEquals(1, told.size());
        for (int i = 0; i < 1000; i++) {
            log.getLogger("valve").error("Number {} of {}", i, 1000);
        }
        assertEquals("The bundle valve: Number 0 of 1000", told.get(1));
        assertEquals(200, told.size());
    }

    @Test
    void nothingButErrorsIsTold() {
        Logger logger = log.getLogger(String.class, FormatterLogger.class);
        assertTrue(logger.isErrorEnabled());
        assertFalse(logger.isWarnEnabled() || logger.isInfoEnabled() || logger.isDebugEnabled()
                || logger.isTraceEnabled());
        logger.warn("Look.");
        logger.info("Look at {}", 1);
        logger.debug("Look at {} and {}", 1, 2);
        logger.trace("Look at {}, {} and {}", 1, 2, 3);
        logger.audit("Look.");
        assertEquals(List.of(), told);
        assertEquals("java.lang.String", logger.getName());
    }
}
