import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/** Copies the one file of a folder, or the model of the sample where there is none, and writes model.properties beside it. */
final class PackModel {

    private static final String SAMPLE = "model/nano.properties";

    private PackModel() {
    }

    public static void main(String[] arguments) throws IOException, NoSuchAlgorithmException {
        Path from = Path.of(arguments[0]);
        Path to = Files.createDirectories(Path.of(arguments[1]));
        String name;
        InputStream source;
        if (Files.isDirectory(from)) {
            try (Stream<Path> all = Files.list(from)) {
                List<Path> files = all.filter(Files::isRegularFile).toList();
                if (files.size() != 1) {
                    throw new IOException(from + " has " + files.size() + " files: put one GGUF file there.");
                }
                name = files.get(0).getFileName().toString();
                source = Files.newInputStream(files.get(0));
            }
        } else {
            Properties sample = new Properties();
            try (InputStream in = ClassLoader.getSystemResourceAsStream(SAMPLE)) {
                sample.load(in);
            }
            name = sample.getProperty("fileName");
            source = ClassLoader.getSystemResourceAsStream("model/" + name);
        }
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        long size;
        try (source; OutputStream out = new DigestOutputStream(Files.newOutputStream(to.resolve(name)), digest)) {
            size = source.transferTo(out);
        }
        Properties told = new Properties();
        told.setProperty("fileName", name);
        told.setProperty("size", Long.toString(size));
        told.setProperty("sha256", HexFormat.of().formatHex(digest.digest()));
        try (Writer out = Files.newBufferedWriter(to.resolve("model.properties"))) {
            told.store(out, null);
        }
    }
}
