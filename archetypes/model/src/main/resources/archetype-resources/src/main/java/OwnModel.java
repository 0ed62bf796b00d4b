package ${package};

import dev.millrace.spi.model.PackagedModel;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;
import org.osgi.service.component.annotations.Component;

/** A model file inside this bundle. What the build knows of it stands in model.properties. */
@Component
public final class OwnModel implements PackagedModel {

    private static final String FOLDER = "/model/";

    private final Properties properties = new Properties();

    public OwnModel() {
        try (InputStream in = resource("model.properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("The bundle of this model is damaged: build it again.", e);
        }
    }

    @Override
    public String name() {
        return "${artifactId}";
    }

    @Override
    public String fileName() {
        return properties.getProperty("fileName");
    }

    @Override
    public long size() {
        return Long.parseLong(properties.getProperty("size"));
    }

    @Override
    public String sha256() {
        return properties.getProperty("sha256");
    }

    @Override
    public InputStream open() throws IOException {
        return resource(fileName());
    }

    @Override
    public List<String> suggestedTools() {
        // names of tool providers that the model was made for
        return List.of();
    }

    private static InputStream resource(String name) throws IOException {
        InputStream in = OwnModel.class.getResourceAsStream(FOLDER + name);
        if (in == null) {
            throw new FileNotFoundException(FOLDER + name);
        }
        return in;
    }
}
